import type { Sender } from '../ingest/native.ts';
import type { Tenant } from '../store/records/tenants.ts';
import { AppError } from '../telemetry/errors.ts';
import type { RecordAllowance } from './rate-limit.ts';
import type { Trace } from './trace-context.ts';

/** What every ingest route reads of a request to know for whom it stores. */
interface IngestContext {
  get(name: 'principal'): { tenant: string };
  get(name: 'receivedAt'): number | undefined;
  get(name: 'allowance'): RecordAllowance;
  get(name: 'trace'): Trace;
  req: { query(name: 'backfill'): string | undefined };
}

/**
 * Finds out for whom a request stores: the tenant of its key with its retention, and `?backfill=true`.
 *
 * @throws AppError `invalid_request` of another value of `backfill`; `too_many_requests` while the key has sent more records
 * than it may.
 */
export async function senderOf(context: IngestContext, tenantOf: (id: string) => Promise<Tenant>): Promise<Sender> {
  const backfill = context.req.query('backfill');
  if (backfill !== undefined && backfill !== 'true' && backfill !== 'false') {
    throw new AppError('invalid_request', `backfill = ${JSON.stringify(backfill)}; allowed: true, false`);
  }
  const receivedAt = context.get('receivedAt');
  const allowance = context.get('allowance');
  allowance.check();
  const { correlationId, isCorrelated, traceparent } = context.get('trace');
  const tenant = await tenantOf(context.get('principal').tenant);
  return {
    tenant: tenant.id,
    rawRetentionDays: tenant.rawRetentionDays,
    rollupRetentionDays: tenant.rollupRetentionDays,
    backfill: backfill === 'true',
    ...(receivedAt !== undefined && { receivedAt }),
    charge: allowance.charge,
    correlationId: isCorrelated ? correlationId : '',
    ...(traceparent !== undefined && { traceparent }),
  };
}

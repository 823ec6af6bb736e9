import type { FieldProblem, SendResult } from './answers.ts';
import { type Batch, type Records, toBatches } from './batches.ts';
import { FleetcastError } from './error.ts';
import type { SendRequest } from './request.ts';

export interface SendOptions {
  signal?: AbortSignal | undefined;
  /** Allows times older than the service's bound for live data. */
  backfill?: boolean | undefined;
  /** How many requests are on the way at a time; default 1, which keeps the order. */
  concurrency?: number | undefined;
  /** At most so many records a request; default 10,000. */
  maxRecords?: number | undefined;
  /** At most so many bytes a request, before compression; default 4 MiB. */
  maxBytes?: number | undefined;
  /** Told after each request, of all so far. */
  onProgress?: ((soFar: SendResult) => void) | undefined;
}

const maxErrors = 100;

/**
 * Sends records to an ingest path in as few requests as the limits allow. Records that the service refuses are counted
 * and explained in the result; the others of their request are stored.
 *
 * @throws FleetcastError when a request fails for good. What was answered before it is stored.
 */
export async function sendRecords(
  sendRequest: SendRequest,
  path: string,
  records: Records<unknown>,
  { signal, backfill, concurrency = 1, maxRecords = 10_000, maxBytes = 4_194_304, onProgress }: SendOptions = {},
): Promise<SendResult> {
  const result: SendResult = { accepted: 0, refused: 0, errors: [] };
  const onTheWay = new Set<Promise<unknown>>();
  const failures: unknown[] = [];

  async function sendBatch({ start, count, body }: Batch): Promise<void> {
    const query = backfill ? { backfill } : {};
    const answer = await sendRequest(path, { method: 'POST', query, body, signal, expected: [422] });
    const { accepted, refused, errors } = readOutcome(answer.body, count);
    result.accepted += accepted;
    result.refused += refused;
    result.errors.push(...rebase(errors, start).slice(0, maxErrors - result.errors.length));
    onProgress?.(result);
  }

  for await (const batch of toBatches(records, { maxRecords, maxBytes })) {
    const sent = sendBatch(batch)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => onTheWay.delete(sent));
    onTheWay.add(sent);
    if (onTheWay.size >= concurrency) await Promise.race(onTheWay);
    if (failures.length > 0) break;
  }
  await Promise.all(onTheWay);
  if (failures.length > 0) throw failures[0];
  return result;
}

interface Outcome {
  accepted: number;
  refused: number;
  errors: FieldProblem[];
}

function readOutcome(body: unknown, count: number): Outcome {
  const { accepted, refused, errors = [] } = (body ?? {}) as Partial<Outcome>;
  if (typeof accepted !== 'number' || typeof refused !== 'number' || accepted + refused !== count) {
    throw new FleetcastError(`the answer does not account for the ${count} records sent: ${JSON.stringify(body)}`, {
      status: 200,
    });
  }
  return { accepted, refused, errors };
}

/** Turns a pointer into one request into a pointer into all records: `/3/value` of a batch from 10000 is `/10003/value`. */
function rebase(errors: readonly FieldProblem[], start: number): FieldProblem[] {
  return errors.map(({ pointer, detail }) => ({
    pointer: pointer.replace(/^\/(\d+)/, (_, place: string) => `/${Number(place) + start}`),
    detail,
  }));
}

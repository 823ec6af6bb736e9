import { z } from '@hono/zod-openapi';
import { readRecords } from '../ingest/body.ts';
import { isCloudEvents, readCloudEvents } from '../ingest/cloudevents.ts';
import type { NativeIngest, Outcome } from '../ingest/native.ts';
import { heartbeatSchema, sampleSchema, taskEventSchema } from '../ingest/records.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { problem, problemResponses } from './problem.ts';
import { senderOf } from './sender.ts';

export interface IngestRoutesDeps {
  ingest: NativeIngest;
  /** The tenant of a key, with its retention. */
  tenantOf: (id: string) => Promise<Tenant>;
  maxBodyBytes: number;
  metrics: Pick<Metrics, 'ingestRecords'>;
}

const outcomeSchema = z
  .object({
    accepted: z.number().int(),
    refused: z.number().int(),
    clamped: z.number().int().optional().openapi({
      description: 'Of those accepted, how many were ahead of our clock and stored under an earlier time.',
    }),
  })
  .openapi('Accepted');

const cloudEventSchema = z
  .looseObject({ specversion: z.literal('1.0'), id: z.string(), source: z.string(), type: z.string() })
  .openapi('CloudEvent', {
    description:
      'CloudEvents 1.0: the last word of the type is the state, what stands before it the kind, the subject the task, the source the agent. The binary mode (ce- headers) is understood as well.',
  });
const cloudEventsContent = {
  'application/cloudevents+json': { schema: cloudEventSchema },
  'application/cloudevents-batch+json': { schema: z.array(cloudEventSchema) },
};

const kinds = [
  { kind: 'heartbeats', path: '/v1/heartbeats', schema: heartbeatSchema, summary: 'Send signs of life of agents' },
  { kind: 'events', path: '/v1/events', schema: taskEventSchema, summary: 'Send steps in the life of tasks' },
  { kind: 'samples', path: '/v1/samples', schema: sampleSchema, summary: 'Send values of metrics' },
] as const;

/** `POST /v1/heartbeats`, `/v1/events`, `/v1/samples`: 200 once every record is stored, 422 when some were refused. */
export function createIngestRoutes({ ingest, tenantOf, maxBodyBytes, metrics }: IngestRoutesDeps) {
  const router = createRouter();
  for (const { kind, path, schema, summary } of kinds) {
    router.openAPIRegistry.registerPath({
      method: 'post',
      path,
      summary,
      description:
        'An object, an array, or NDJSON; gzip and zstd by Content-Encoding. 200 is sent once every record is safe on the disk; a request that reads afterwards sees it. The same record sent again counts once: the same `eventId`, or the same time and value. Records that are refused are named in a 422 and kept in quarantine; the others of the same request are stored.',
      tags: ['ingest'],
      request: {
        headers: z.object({
          'idempotency-key': z.string().max(255).optional().openapi({
            description:
              'Names the request: sent again within 24 hours it is answered as before. Makes it safe to send records without a time again.',
          }),
        }),
        query: z.object({
          backfill: z.enum(['true', 'false']).optional().openapi({ description: 'Take records of any age.' }),
        }),
        body: {
          required: true,
          content: {
            'application/json': { schema: z.union([schema, z.array(schema)]) },
            'application/x-ndjson': { schema },
            ...(kind === 'events' && cloudEventsContent),
          },
        },
      },
      responses: {
        200: { description: 'Stored', content: { 'application/json': { schema: outcomeSchema } } },
        ...problemResponses,
      },
    });
    router.post(path, requireScope('ingest'), async (context) => {
      const sender = await senderOf(context, tenantOf);
      const isForeign = kind === 'events' && isCloudEvents(context.req.raw);
      const records = await (isForeign ? readCloudEvents : readRecords)(context.req.raw, maxBodyBytes);
      const outcome = await counted(kind, records.length, () => ingest[kind](records, sender));
      const { accepted, refused, errors } = outcome;
      const clamped = outcome.clamped > 0 ? { clamped: outcome.clamped } : {};
      if (refused === 0) return context.json({ accepted, refused, ...clamped });
      const detail =
        accepted === 0
          ? `${refused === 1 ? 'the record was' : `all ${refused} records were`} refused`
          : `${refused} of ${accepted + refused} records were refused, the others are stored`;
      return problem(context, { code: 'unprocessable', detail, errors, extra: { accepted, refused, ...clamped } });
    });
  }

  async function counted(kind: string, records: number, store: () => Promise<Outcome>): Promise<Outcome> {
    try {
      const outcome = await store();
      metrics.ingestRecords.inc({ kind, outcome: 'stored' }, outcome.accepted);
      metrics.ingestRecords.inc({ kind, outcome: 'refused' }, outcome.refused);
      return outcome;
    } catch (error) {
      metrics.ingestRecords.inc({ kind, outcome: 'failed' }, records);
      throw error;
    }
  }

  return router;
}

import { createRoute, z } from '@hono/zod-openapi';
import { quarantineReasons } from '../ingest/quarantine.ts';
import { type ReplayDeps, replayRecords } from '../ingest/replay.ts';
import { countQuarantine, listQuarantine, type QuarantinedRecord } from '../store/queries/quarantine.ts';
import { recordAudit } from '../store/records/audit.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { actorOf } from './actor.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { senderOf } from './sender.ts';
import { inOrder, rangeQuery } from './time-range.ts';
import { isoTime, toIso } from './values.ts';

export interface QuarantineRoutesDeps {
  telemetry: TelemetryStore;
  state: StateStore;
  replay: ReplayDeps;
  tenantOf: (id: string) => Promise<Tenant>;
  now: () => Date;
}

const recordSchema = z
  .object({
    id: z.string(),
    at: isoTime,
    source: z.string().openapi({ description: 'The protocol by which it came, or store.' }),
    kind: z.string().openapi({ example: 'samples' }),
    reason: z.string().openapi({ example: 'late' }),
    detail: z.string(),
    record: z.string().openapi({ description: 'As it came, as JSON; cut when it is long.' }),
    replayedAt: isoTime.nullable(),
  })
  .openapi('QuarantinedRecord');

const filter = {
  kind: z.string().optional(),
  reason: z.enum(quarantineReasons).optional(),
  source: z.string().optional(),
};

const listRoute = createRoute({
  method: 'get',
  path: '/v1/quarantine',
  summary: 'Records that were not taken, newest first, with the reason',
  tags: ['ingest'],
  middleware: requireScope('read'),
  request: { query: inOrder(z.object({ ...pageQuery, ...filter, ...rangeQuery })) },
  responses: {
    200: { description: 'Records', content: { 'application/json': { schema: pageOf(recordSchema) } } },
    ...problemResponses,
  },
});

const countSchema = z
  .object({
    source: z.string(),
    kind: z.string(),
    reason: z.string(),
    records: z.number().int(),
    waiting: z.number().int().openapi({ description: 'Of these, how many can be sent again.' }),
    lastAt: isoTime,
  })
  .openapi('QuarantineCount');

const countRoute = createRoute({
  method: 'get',
  path: '/v1/quarantine/counts',
  summary: 'How many records are in quarantine, by source, kind and reason',
  tags: ['ingest'],
  middleware: requireScope('read'),
  request: { query: inOrder(z.object(rangeQuery)) },
  responses: {
    200: { description: 'Counts', content: { 'application/json': { schema: pageOf(countSchema) } } },
    ...problemResponses,
  },
});

const maxReplayed = 1000;
const replayRequest = inOrder(
  z.strictObject({
    ...filter,
    ids: z.array(z.string()).min(1).max(maxReplayed).optional(),
    all: z.literal(true).optional().openapi({ description: 'Everything that waits.' }),
    ...rangeQuery,
  }),
)
  .refine((given) => Object.values(given).some((value) => value !== undefined), 'name ids, at least one filter, or all')
  .openapi('Replay');

const replayRoute = createRoute({
  method: 'post',
  path: '/v1/quarantine/replay',
  summary: 'Send records of the quarantine again',
  description: `Those of the ids, or those that match; ${maxReplayed} at a time, the newest first. What is taken waits no more, and neither does a record whose time was clamped: it is stored. While "more" is true, others match.`,
  tags: ['ingest'],
  middleware: requireScope('operate'),
  request: { body: { required: true, content: { 'application/json': { schema: replayRequest } } } },
  responses: {
    200: {
      description: 'What became of them',
      content: {
        'application/json': {
          schema: z
            .object({
              replayed: z.number().int(),
              refused: z.array(z.object({ id: z.string(), detail: z.string() })),
              more: z.boolean().openapi({ description: 'Whether others match that were not tried.' }),
            })
            .openapi('Replayed'),
        },
      },
    },
    ...problemResponses,
  },
});

const cursorSchema = z.tuple([z.number(), z.string()]);

/** `GET /v1/quarantine`, `GET /v1/quarantine/counts`, `POST /v1/quarantine/replay`. */
export function createQuarantineRoutes({ telemetry, state, replay, tenantOf, now }: QuarantineRoutesDeps) {
  return createRouter()
    .openapi(listRoute, async (context) => {
      const { limit, cursor, from = 0, to = now().getTime() + 1, ...filters } = context.req.valid('query');
      const { tenant } = context.get('principal');
      const after = cursor === undefined ? undefined : readCursor(cursor, cursorSchema, [0, '']);
      const place = after === undefined ? {} : { afterTime: after[0], afterId: after[1] };
      const rows = await telemetry.query(listQuarantine, {
        tenant,
        from,
        to,
        ...given(filters),
        ...place,
        limit: limit + 1,
      });
      return context.json(
        paginate(rows, limit, ({ at, id }) => [at, id], show),
        200,
      );
    })
    .openapi(countRoute, async (context) => {
      const { from = 0, to = now().getTime() + 1 } = context.req.valid('query');
      const rows = await telemetry.query(countQuarantine, { tenant: context.get('principal').tenant, from, to });
      const items = rows.map(({ last_at, ...count }) => ({ ...count, lastAt: toIso(last_at) }));
      return context.json({ items, nextCursor: null }, 200);
    })
    .openapi(replayRoute, async (context) => {
      const { from = 0, to = now().getTime() + 1, all, ...filters } = context.req.valid('json');
      const { tenant } = context.get('principal');
      const sender = { ...(await senderOf(context, tenantOf)), backfill: true, isReplay: true };
      const records = await telemetry.query(listQuarantine, {
        tenant,
        from,
        to,
        ...given(filters),
        onlyWaiting: true,
        limit: maxReplayed + 1,
      });
      const outcome = await replayRecords(replay, records.slice(0, maxReplayed), sender);
      const details = { ...filters, all, replayed: outcome.replayed, refused: outcome.refused.length };
      await recordAudit(
        state,
        actorOf(context),
        { action: 'quarantine.replayed', target: 'quarantine', details },
        now(),
      );
      return context.json({ ...outcome, more: records.length > maxReplayed }, 200);
    });
}

/** The filters that were given: of the others, the query has a default. */
function given<T extends object>(filters: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined)) as never;
}

function show({ at, replayed_at, ...record }: QuarantinedRecord) {
  return { ...record, at: toIso(at), replayedAt: replayed_at === null ? null : toIso(replayed_at) };
}

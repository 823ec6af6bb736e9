import { createRoute, z } from '@hono/zod-openapi';
import { auditActions, listAudit } from '../store/records/audit.ts';
import type { StateStore } from '../store/state.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { inOrder, rangeQuery } from './time-range.ts';
import { isoTime, toIso } from './values.ts';

const entrySchema = z
  .object({
    id: z.string(),
    at: isoTime,
    action: z.enum(auditActions),
    target: z.string().openapi({ description: 'The id of what was changed.' }),
    keyId: z
      .string()
      .openapi({ description: 'Empty for a command on the machine itself, or while no keys are asked.' }),
    keyName: z.string(),
    address: z.string().openapi({ description: 'The peer of the connection: behind a proxy, the proxy.' }),
    details: z.record(z.string(), z.unknown()),
  })
  .openapi('AuditEntry');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/audit',
  summary: 'Who changed what, when and from where, newest first',
  tags: ['access'],
  middleware: requireScope('admin'),
  request: {
    query: inOrder(
      z.object({
        ...pageQuery,
        action: z.enum(auditActions).optional(),
        ...rangeQuery,
      }),
    ),
  },
  responses: {
    200: { description: 'Entries', content: { 'application/json': { schema: pageOf(entrySchema) } } },
    ...problemResponses,
  },
});

const cursorSchema = z.tuple([z.number(), z.string()]);

/** `GET /v1/audit`. */
export function createAuditRoutes({ state, now }: { state: StateStore; now: () => Date }) {
  return createRouter().openapi(listRoute, async (context) => {
    const { limit, cursor, action, from = 0, to = now().getTime() + 1 } = context.req.valid('query');
    const { tenant } = context.get('principal');
    const after = cursor === undefined ? undefined : readCursor(cursor, cursorSchema, [0, '']);
    const rows = await listAudit(state, { tenant, action, from, to, after, limit: limit + 1 });
    const page = paginate(
      rows,
      limit,
      ({ at, id }) => [at, id],
      ({ tenant: _, at, ...entry }) => ({ ...entry, at: toIso(at) }),
    );
    return context.json(page, 200);
  });
}

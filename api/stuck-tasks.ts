import { createRoute, z } from '@hono/zod-openapi';
import { listStuckTasks } from '../store/queries/stuck-tasks.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { isoTime, toIso } from './values.ts';

const stuckTaskSchema = z
  .object({
    task: z.string(),
    kind: z.string(),
    agent: z.string(),
    correlationId: z.string(),
    attempt: z.number(),
    lastEventAt: isoTime,
    stuckSince: isoTime.openapi({ description: 'When its last sign was longer ago than the limit.' }),
    limitSeconds: z.number().openapi({
      description: 'Three times the 99th percentile of its kind in the week before; six hours where that is not known.',
    }),
  })
  .openapi('StuckTask');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/tasks/stuck',
  summary: 'List tasks that were started and give no sign for longer than their kind does, the longest first',
  tags: ['tasks'],
  middleware: requireScope('read'),
  request: { query: z.object({ ...pageQuery, kind: z.string().default(''), agent: z.string().default('') }) },
  responses: {
    200: { description: 'Tasks', content: { 'application/json': { schema: pageOf(stuckTaskSchema) } } },
    ...problemResponses,
  },
});

/** `GET /v1/tasks/stuck`. */
export function createStuckTasksRoutes({ telemetry }: { telemetry: TelemetryStore }) {
  return createRouter().openapi(listRoute, async (context) => {
    const { limit, cursor, ...filters } = context.req.valid('query');
    const [afterTime, afterTask] = readCursor(cursor, z.tuple([z.number().int(), z.string()]), [0, '']);
    const { tenant } = context.get('principal');
    const rows = await telemetry.query(listStuckTasks, { tenant, ...filters, afterTime, afterTask, limit: limit + 1 });
    const page = paginate(
      rows,
      limit,
      (row) => [row.stuck_at, row.task],
      ({ correlation_id, last_event_at, stuck_at, limit_seconds, ...task }) => ({
        ...task,
        correlationId: correlation_id,
        lastEventAt: toIso(last_event_at),
        stuckSince: toIso(stuck_at),
        limitSeconds: limit_seconds,
      }),
    );
    return context.json(page, 200);
  });
}

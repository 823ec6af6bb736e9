import { createRoute, z } from '@hono/zod-openapi';
import { recordAudit } from '../store/records/audit.ts';
import {
  addMaintenanceWindow,
  deleteMaintenanceWindow,
  listMaintenanceWindows,
  type MaintenanceWindow,
} from '../store/records/maintenance-windows.ts';
import type { StateStore } from '../store/state.ts';
import { AppError } from '../telemetry/errors.ts';
import { actorOf } from './actor.ts';
import { requireScope } from './auth.ts';
import { limitBody } from './body-limit.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { inOrder, rangeQuery } from './time-range.ts';
import { isoTime, timeQuery, toIso } from './values.ts';

const selector = {
  agent: z.string().max(200).default('').openapi({ description: 'The series of this agent; empty for any.' }),
  type: z.string().max(200).default('').openapi({ description: 'The series of agents of this type; empty for any.' }),
  metric: z.string().max(200).default('').openapi({ description: 'The series of this metric; empty for any.' }),
};
const windowSchema = z
  .object({
    id: z.string(),
    ...z.object(selector).required().shape,
    from: isoTime,
    to: isoTime,
    reason: z.string(),
    createdBy: z.string(),
    createdAt: isoTime,
  })
  .openapi('MaintenanceWindow');

const tags = ['maintenance'];
const longestDays = 90;

const listRoute = createRoute({
  method: 'get',
  path: '/v1/maintenance',
  summary: 'List maintenance windows by their start',
  tags,
  middleware: requireScope('read'),
  request: { query: inOrder(z.object({ ...pageQuery, ...rangeQuery })) },
  responses: {
    200: { description: 'Windows', content: { 'application/json': { schema: pageOf(windowSchema) } } },
    ...problemResponses,
  },
});

const addRoute = createRoute({
  method: 'post',
  path: '/v1/maintenance',
  summary: 'Say when measurements are not what they normally are',
  description: `No model is trained on what the selected series measured in the window; it lasts ${longestDays} days at most.`,
  tags,
  middleware: [requireScope('operate'), limitBody()] as const,
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: inOrder(
            z.strictObject({
              ...selector,
              from: timeQuery,
              to: timeQuery,
              reason: z.string().max(1000).default(''),
            }),
          ),
        },
      },
    },
  },
  responses: {
    201: { description: 'Stored', content: { 'application/json': { schema: windowSchema } } },
    ...problemResponses,
  },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/maintenance/{id}',
  summary: 'Remove a maintenance window',
  tags,
  middleware: requireScope('operate'),
  request: { params: z.object({ id: z.string().max(200) }) },
  responses: { 204: { description: 'Removed' }, ...problemResponses },
});

/** `GET` and `POST /v1/maintenance`, `DELETE /v1/maintenance/{id}`. */
export function createMaintenanceRoutes({ state, now }: { state: StateStore; now: () => Date }) {
  return createRouter()
    .openapi(listRoute, async (context) => {
      const { limit, cursor, from = 0, to = Number.MAX_SAFE_INTEGER } = context.req.valid('query');
      const after = readCursor(cursor, z.tuple([z.number(), z.string()]).optional(), undefined);
      const { tenant } = context.get('principal');
      const range = { from, to, limit: limit + 1, ...(after !== undefined && { after }) };
      const rows = await listMaintenanceWindows(state, tenant, range);
      return context.json(
        paginate(rows, limit, (row) => [row.from, row.id], toWindow),
        200,
      );
    })
    .openapi(addRoute, async (context) => {
      const { type: agentType, from, to, ...rest } = context.req.valid('json');
      if (to - from > longestDays * 86_400_000) throw badTime('to', `more than ${longestDays} days after \`from\``);
      const { tenant, name: createdBy } = context.get('principal');
      const window = await addMaintenanceWindow(state, { tenant, agentType, from, to, createdBy, ...rest }, now());
      const details = { ...rest, type: agentType, from, to };
      await recordAudit(state, actorOf(context), { action: 'maintenance.added', target: window.id, details }, now());
      return context.json(toWindow(window), 201);
    })
    .openapi(deleteRoute, async (context) => {
      const { id } = context.req.valid('param');
      if (!(await deleteMaintenanceWindow(state, context.get('principal').tenant, id)))
        throw new AppError('not_found', `no maintenance window ${JSON.stringify(id)}`);
      await recordAudit(state, actorOf(context), { action: 'maintenance.removed', target: id }, now());
      return context.body(null, 204);
    });
}

function badTime(name: string, detail: string): AppError {
  return new AppError('invalid_request', `${name} is ${detail}`, { errors: [{ pointer: `/${name}`, detail }] });
}

function toWindow({ tenant: _, agentType: type, from, to, createdAt, ...window }: MaintenanceWindow) {
  return { ...window, type, from: toIso(from), to: toIso(to), createdAt: toIso(createdAt) };
}

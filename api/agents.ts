import { createRoute, z } from '@hono/zod-openapi';
import { listAgents, transitionsOf } from '../store/queries/agents.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { agentStates } from '../telemetry/names.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { inOrder, rangeQuery } from './time-range.ts';
import { isoTime, labelsValue, toIso } from './values.ts';

const agentSchema = z
  .object({
    agent: z.string(),
    type: z.string(),
    version: z.string(),
    status: z.string().openapi({ description: 'What the agent says of itself.' }),
    state: z.enum(agentStates).openapi({
      description:
        'What its heartbeats say: late, down, or heard in time, and then new while it has been known for less than the settings say, ' +
        'recovered for as long after it was down, and else up.',
    }),
    firstSeenAt: isoTime,
    lastSeenAt: isoTime,
    heartbeatAgeSeconds: z.number(),
    intervalSeconds: z.number().openapi({ description: 'Within which it promises its next heartbeat.' }),
    expectedSeconds: z.number().openapi({
      description:
        'Within which the next heartbeat is expected: as promised, or as its gaps of the last day show where that is longer.',
    }),
    clockSkewSeconds: z.number().nullable().openapi({
      description: "How far the agent's clock is ahead of ours; null while its heartbeats do not tell.",
    }),
    labels: labelsValue,
  })
  .openapi('Agent');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/agents',
  summary: 'List agents with their state',
  tags: ['fleet'],
  middleware: requireScope('read'),
  request: {
    query: z.object({
      ...pageQuery,
      type: z.string().default(''),
      state: z.enum(agentStates).optional(),
    }),
  },
  responses: {
    200: { description: 'Agents', content: { 'application/json': { schema: pageOf(agentSchema) } } },
    ...problemResponses,
  },
});

const agentParams = z.object({ agent: z.string().min(1).max(200) });

const oneRoute = createRoute({
  method: 'get',
  path: '/v1/agents/{agent}',
  summary: 'One agent with its state',
  tags: ['fleet'],
  middleware: requireScope('read'),
  request: { params: agentParams },
  responses: {
    200: { description: 'Agent', content: { 'application/json': { schema: agentSchema } } },
    ...problemResponses,
  },
});

const transitionSchema = z
  .object({ agent: z.string(), time: isoTime, state: z.enum(agentStates) })
  .openapi('Transition');
const maxTransitions = 10_000;

const transitionsRoute = createRoute({
  method: 'get',
  path: '/v1/agents/{agent}/transitions',
  summary: 'When an agent became new, up, late, down and recovered',
  description: 'Of the last seven days, unless `from` and `to` say otherwise; the first 10,000, oldest first.',
  tags: ['fleet'],
  middleware: requireScope('read'),
  request: {
    params: agentParams,
    query: inOrder(z.object(rangeQuery)),
  },
  responses: {
    200: { description: 'Transitions', content: { 'application/json': { schema: pageOf(transitionSchema) } } },
    ...problemResponses,
  },
});

export interface AgentsRoutesDeps {
  telemetry: TelemetryStore;
  liveness: { lateFactor: number; downFactor: number; settleSeconds: number; forgetAfterDays: number };
  now: () => Date;
}

/** `GET /v1/agents`, `/v1/agents/{agent}`, `/v1/agents/{agent}/transitions`. */
export function createAgentsRoutes({ telemetry, liveness, now }: AgentsRoutesDeps) {
  const expectations = () => ({
    now: now().getTime(),
    lateFactor: liveness.lateFactor,
    downFactor: liveness.downFactor,
    settleSeconds: liveness.settleSeconds,
  });
  const router = createRouter().openapi(listRoute, async (context) => {
    const { limit, cursor, type, state = '' } = context.req.valid('query');
    const [after] = readCursor(cursor, z.tuple([z.string()]), ['']);
    const rows = await telemetry.query(listAgents, {
      tenant: context.get('principal').tenant,
      ...expectations(),
      forgetAfterSeconds: liveness.forgetAfterDays * 86_400,
      type,
      state,
      after,
      limit: limit + 1,
    });
    const page = paginate(rows, limit, (row) => [row.agent], toAgent);
    return context.json(page, 200);
  });
  router.openapi(oneRoute, async (context) => {
    const { agent } = context.req.valid('param');
    const [row] = await telemetry.query(listAgents, {
      tenant: context.get('principal').tenant,
      ...expectations(),
      // One that is asked for by its name is told of, however long ago it was heard.
      forgetAfterSeconds: Number.MAX_SAFE_INTEGER,
      type: '',
      state: '',
      agent,
      after: '',
      limit: 1,
    });
    if (row === undefined) throw new AppError('not_found', `no agent ${JSON.stringify(agent)} was ever heard`);
    return context.json(toAgent(row), 200);
  });
  return router.openapi(transitionsRoute, async (context) => {
    const { to = now().getTime(), from = to - 7 * 86_400_000 } = context.req.valid('query');
    const { agent } = context.req.valid('param');
    const { tenant } = context.get('principal');
    const rows = await telemetry.query(transitionsOf, { tenant, agent, from, to, limit: maxTransitions });
    return context.json({ items: rows.map((row) => ({ ...row, time: toIso(row.time) })), nextCursor: null }, 200);
  });
}

function toAgent(row: z.output<typeof listAgents.row>) {
  return {
    agent: row.agent,
    type: row.type,
    version: row.version,
    status: row.status,
    state: row.state,
    firstSeenAt: toIso(row.first_seen),
    lastSeenAt: toIso(row.last_seen),
    heartbeatAgeSeconds: row.age_seconds,
    intervalSeconds: row.interval_seconds,
    expectedSeconds: row.expected_seconds,
    clockSkewSeconds: row.clock_skew_seconds,
    labels: row.labels,
  };
}

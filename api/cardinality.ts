import { createRoute, z } from '@hono/zod-openapi';
import { type CardinalityBudget, cardinalityLimits } from '../ingest/series-admission.ts';
import { countActiveSeries, topAgents, topLabels, topMetrics } from '../store/queries/cardinality.ts';
import { listOverflows } from '../store/records/overflows.ts';
import { listBudgets } from '../store/records/tenant-budgets.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { problemResponses } from './problem.ts';
import { isoTime, toIso } from './values.ts';

const count = z.number().int();
const cardinalitySchema = z
  .object({
    activeSeries: count.openapi({ description: 'Series of which anything was heard within `activeHours`.' }),
    budget: z.object({
      maxSeries: count,
      maxSeriesPerAgent: count,
      maxNewSeriesPerMinute: count,
      maxAgents: count,
      maxLabels: count,
      maxLabelNameLength: count,
      maxLabelValueLength: count,
      activeHours: z.number(),
    }),
    metrics: z.array(z.object({ metric: z.string(), series: count })),
    agents: z.array(z.object({ agent: z.string(), series: count })),
    labels: z.array(z.object({ label: z.string(), values: count, series: count })),
    overflows: z
      .array(
        z.object({
          exceeded: z.enum(cardinalityLimits),
          agent: z.string(),
          metric: z.string().openapi({ description: 'Of the first sample that went to an overflow series.' }),
          startedAt: isoTime,
          lastAt: isoTime,
          samples: count,
        }),
      )
      .openapi({ description: 'Of the last seven days, the newest first.' }),
  })
  .openapi('Cardinality');

const route = createRoute({
  method: 'get',
  path: '/v1/cardinality',
  summary: 'How many series there are, where they come from, and what the budget is',
  description:
    'Samples of series beyond a budget are stored in the overflow series of their metric, whose only label is `overflow="true"`. Heartbeats and events of agents beyond the budget are refused.',
  tags: ['operations'],
  middleware: requireScope('read'),
  request: { query: z.object({ top: z.coerce.number().int().min(1).max(100).default(10) }) },
  responses: {
    200: { description: 'Cardinality', content: { 'application/json': { schema: cardinalitySchema } } },
    ...problemResponses,
  },
});

export interface CardinalityRoutesDeps {
  telemetry: TelemetryStore;
  state: StateStore;
  cardinality: CardinalityBudget & { activeHours: number };
  now: () => Date;
}

/** `GET /v1/cardinality`. */
export function createCardinalityRoutes({ telemetry, state, cardinality, now }: CardinalityRoutesDeps) {
  return createRouter().openapi(route, async (context) => {
    const { tenant } = context.get('principal');
    const { top: limit } = context.req.valid('query');
    const nowMs = now().getTime();
    const since = nowMs - cardinality.activeHours * 3_600_000;
    const [[active], metrics, agents, labels, overflows, budgets] = await Promise.all([
      telemetry.query(countActiveSeries, { tenant, since }),
      telemetry.query(topMetrics, { tenant, since, limit }),
      telemetry.query(topAgents, { tenant, since, limit }),
      telemetry.query(topLabels, { tenant, since, limit }),
      listOverflows(state, { tenant, since: nowMs - 7 * 86_400_000, limit: 100 }),
      listBudgets(state),
    ]);
    const events = overflows.map(({ tenant: _, exceeded, startedAt, lastAt, ...event }) => ({
      ...event,
      exceeded: z.enum(cardinalityLimits).parse(exceeded),
      startedAt: toIso(startedAt),
      lastAt: toIso(lastAt),
    }));
    const answer = {
      activeSeries: active?.series ?? 0,
      budget: { ...cardinality, ...budgets.get(tenant) },
      metrics,
      agents,
      labels,
    };
    return context.json({ ...answer, overflows: events }, 200);
  });
}

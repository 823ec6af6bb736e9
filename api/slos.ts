import { createRoute, z } from '@hono/zod-openapi';
import { reportSlos, type SloReport } from '../alerts/slo-report.ts';
import { sloHistory } from '../store/queries/slos.ts';
import { indicators, listSlos, type SloDefinition } from '../store/records/slo-definitions.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { pageOf } from './page.ts';
import { problemResponses } from './problem.ts';
import { isoTime, toIso } from './values.ts';

const nullableNumber = z.number().nullable();
const sloSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    indicator: z.enum(indicators),
    selector: z.string().openapi({ description: 'An agent type or a task kind; empty for all.' }),
    objective: z.number(),
    windowDays: z.number(),
    asOf: isoTime.nullable(),
    good: z.number(),
    total: z.number(),
    measuredRatio: nullableNumber,
    indicatorRatio: nullableNumber,
    errorBudgetRemainingRatio: nullableNumber,
    burnRates: z.record(z.string(), nullableNumber),
    alerts: z.array(
      z.object({ severity: z.string(), long: z.string(), short: z.string(), factor: z.number(), firing: z.boolean() }),
    ),
  })
  .openapi('Slo');
const sloDetailSchema = sloSchema
  .extend({
    history: z.object({
      stepSeconds: z.number(),
      times: z.array(z.number()),
      good: z.array(z.number()),
      total: z.array(z.number()),
    }),
  })
  .openapi('SloDetail');

const common = { method: 'get' as const, tags: ['slos'], middleware: requireScope('read') };

const listRoute = createRoute({
  ...common,
  path: '/v1/slos',
  summary: 'List SLOs with their budgets and burn rates',
  responses: {
    200: { description: 'SLOs', content: { 'application/json': { schema: pageOf(sloSchema) } } },
    ...problemResponses,
  },
});

const oneRoute = createRoute({
  ...common,
  path: '/v1/slos/{id}',
  summary: 'One SLO with its history by hour',
  request: { params: z.object({ id: z.string().max(200) }) },
  responses: {
    200: { description: 'SLO', content: { 'application/json': { schema: sloDetailSchema } } },
    ...problemResponses,
  },
});

/** `GET /v1/slos`, `GET /v1/slos/{id}`. */
export function createSlosRoutes({ telemetry, state }: { telemetry: TelemetryStore; state: StateStore }) {
  return createRouter()
    .openapi(listRoute, async (context) => {
      const { tenant } = context.get('principal');
      const definitions = await listSlos(state, tenant);
      const reports = await reportSlos(telemetry, tenant, definitions);
      return context.json(
        { items: definitions.map((definition, i) => toSlo(definition, reports[i]!)), nextCursor: null },
        200,
      );
    })
    .openapi(oneRoute, async (context) => {
      const { tenant } = context.get('principal');
      const { id } = context.req.valid('param');
      const definition = (await listSlos(state, tenant)).find((slo) => slo.id === id);
      if (definition === undefined) throw new AppError('not_found', `no SLO ${JSON.stringify(id)}`);
      const [report] = await reportSlos(telemetry, tenant, [definition]);
      const to = report!.asOf ?? 0;
      const history = await telemetry.query(sloHistory, {
        tenant,
        slo: id,
        from: Math.max(0, to - definition.windowDays * 86_400_000),
        to,
      });
      const columns = {
        stepSeconds: 3600,
        times: history.map(({ time }) => time),
        good: history.map(({ good }) => good),
        total: history.map(({ total }) => total),
      };
      return context.json({ ...toSlo(definition, report!), history: columns }, 200);
    });
}

function toSlo({ tenant: _, ...definition }: SloDefinition, report: SloReport) {
  return { ...definition, ...report, asOf: report.asOf === null ? null : toIso(report.asOf) };
}

import { createRoute, z } from '@hono/zod-openapi';
import { type CapacityRow, capacityRowReasons, rankCapacity } from '../analytics/capacity.ts';
import { capacityReasons, directions } from '../models/capacity/capacity.ts';
import type { ModelPool } from '../models/pool.ts';
import { combinations, countSelected, groupings } from '../store/queries/capacity-cells.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import type { OnDemand } from './on-demand.ts';
import { pageQuery, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { finiteNumberQuery, finiteOrNull, isoTime, labelsValue, seriesIdValue, toIso } from './values.ts';

const nullableTime = isoTime.nullable();
const nullableNumber = z.number().nullable();
const numbers = z.array(nullableNumber);

const rowSchema = z
  .object({
    seriesId: z.string().nullable().openapi({ description: 'Of a row that is one series.' }),
    agent: z.string(),
    type: z.string(),
    labels: labelsValue,
    unit: z.string(),
    series: z.number().int().openapi({ description: 'So many series are in the row.' }),
    limit: nullableNumber,
    latest: nullableNumber,
    latestAt: isoTime,
    passed: z.boolean().openapi({ description: 'Whether the limit is passed now; `reachedAt` is then since when.' }),
    reachedAt: nullableTime.openapi({ description: 'As likely before as after; null with a `reason`.' }),
    reachedAtLow: nullableTime.openapi({ description: 'With a probability of 0.1 it is reached before.' }),
    reachedAtHigh: nullableTime.openapi({ description: 'With a probability of 0.9 it is reached before.' }),
    daysLeft: nullableNumber,
    daysLeftLow: nullableNumber,
    daysLeftHigh: nullableNumber,
    probability: nullableNumber.openapi({ description: 'That it is reached within the horizon.' }),
    growthPerDay: nullableNumber.openapi({
      description: 'In the unit; of what is reset again and again, of its peaks.',
    }),
    reason: z
      .enum([...capacityReasons, ...capacityRowReasons])
      .nullable()
      .openapi({
        description:
          'Why there is no date: it moves there but arrives later (beyond_horizon), is reset before (resets), moves_away, stands still (no_trend), has too little history, or has no limit.',
      }),
    needed: nullableNumber.openapi({ description: 'Cells of history that the question needs, where they lack.' }),
    available: nullableNumber,
    outlook: z
      .object({
        times: z.array(z.number()).openapi({ description: 'Unix milliseconds: the ends of the cells.' }),
        past: numbers.openapi({
          description: 'Extremes, the first `past.length` of `times`; then what may be reached.',
        }),
        low: numbers,
        middle: numbers,
        high: numbers,
      })
      .optional()
      .openapi({ description: 'With `outlook=true`.' }),
  })
  .openapi('CapacityRow');

const capacitySchema = z
  .object({
    asOf: isoTime,
    horizonDays: z.number(),
    cellSeconds: z.number(),
    items: z.array(rowSchema),
    nextCursor: z.string().nullable(),
  })
  .openapi('Capacity');

const name = z.string().max(200);
const route = createRoute({
  method: 'get',
  path: '/v1/capacity',
  summary: 'When a metric reaches a limit: dates with a low and a high one, the first to be reached first',
  description:
    'Computed from hourly extremes, by the hour, by six hours or by the day as the horizon asks. A history carries a horizon of four times its length.',
  tags: ['forecasts'],
  middleware: requireScope('read'),
  request: {
    query: z.object({
      metric: name.min(1),
      limit: finiteNumberQuery.optional().openapi({ description: 'The limit, in the unit of the metric.' }),
      limitMetric: name
        .min(1)
        .optional()
        .openapi({ description: 'The metric whose newest value is the limit, in place of `limit`.' }),
      direction: z.enum(directions).default('above'),
      by: z.enum(groupings).default('series'),
      combine: z
        .enum(combinations)
        .optional()
        .openapi({ description: 'How series become one; by default the sum of counts, and the extreme of all else.' }),
      agent: name.default(''),
      type: name.default(''),
      series: seriesIdValue.optional(),
      horizonDays: z.coerce.number().min(1).max(365).default(30),
      outlook: z.enum(['true', 'false']).default('false'),
      pageSize: pageQuery.limit,
      cursor: pageQuery.cursor,
    }),
  },
  responses: {
    200: { description: 'Capacity', content: { 'application/json': { schema: capacitySchema } } },
    ...problemResponses,
  },
});

/** More series than this are not computed while a client waits. */
const maxSeries = 10_000;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface CapacityRoutesDeps {
  telemetry: TelemetryStore;
  pool: ModelPool;
  onDemand: OnDemand;
  now: () => Date;
}

/** `GET /v1/capacity`. */
export function createCapacityRoutes({ telemetry, pool, onDemand, now }: CapacityRoutesDeps) {
  return createRouter().openapi(route, async (context) => {
    const {
      pageSize,
      cursor,
      outlook,
      limit: number,
      limitMetric,
      series: id = '',
      ...asked
    } = context.req.valid('query');
    const limit = readLimit(number, limitMetric);
    const lastHour = Math.floor(now().getTime() / hourMs) * hourMs;
    const [to, offset] = readCursor(cursor, z.tuple([z.number().int(), z.number().int().min(0)]), [lastHour, 0]);
    const { tenant } = context.get('principal');
    const { metric, agent, type } = asked;
    await refuseUnknown(telemetry, { tenant, metric, agent, type, id });
    const inquiry = { tenant, id, limit, to, withOutlook: outlook === 'true', combine: undefined, ...asked };
    const rows = await onDemand(context.req.raw.signal, (signal) =>
      rankCapacity({ telemetry, models: pool }, inquiry, signal),
    );
    const end = offset + pageSize;
    const body = {
      asOf: toIso(to),
      horizonDays: asked.horizonDays,
      cellSeconds: (rows[0]?.cellMs ?? 0) / 1000,
      items: rows.slice(offset, end).map((row) => toItem(row, asked.by, to)),
      nextCursor: end < rows.length ? Buffer.from(JSON.stringify([to, end])).toString('base64url') : null,
    };
    return context.json(body, 200);
  });
}

function readLimit(limit: number | undefined, metric: string | undefined): number | { metric: string } {
  if ((limit === undefined) === (metric === undefined))
    throw new AppError('invalid_request', 'give either `limit` or `limitMetric`', {
      errors: [{ pointer: '/limit', detail: 'either this or `limitMetric`' }],
    });
  return limit ?? { metric: metric! };
}

/** @throws AppError `not_found` when nothing is selected, `invalid_request` when too much is. */
async function refuseUnknown(
  telemetry: TelemetryStore,
  selection: { tenant: string; metric: string; agent: string; type: string; id: string },
): Promise<void> {
  const [{ series } = { series: 0 }] = await telemetry.query(countSelected, selection);
  if (series === 0)
    throw new AppError('not_found', `no series of the metric ${JSON.stringify(selection.metric)} is selected`);
  if (series > maxSeries)
    throw new AppError(
      'invalid_request',
      `${series} series are selected, ${maxSeries} are allowed; select by agent or type`,
      {
        errors: [{ pointer: '/metric', detail: `more than ${maxSeries} series` }],
      },
    );
}

function toItem(row: CapacityRow, by: string, to: number) {
  const { answer, key, agent, type, labels, unit, series, limit, latest, latestAt, reason, needed, available } = row;
  const timeOf = (time: number | null | undefined) => (time === null || time === undefined ? null : toIso(time));
  const daysTo = (time: number | null | undefined) =>
    time === null || time === undefined ? null : Math.max(0, (time - to) / dayMs);
  return {
    seriesId: by === 'series' ? key : null,
    agent: by === 'series' || by === 'agent' ? agent : '',
    type: by === 'fleet' ? '' : type,
    labels: by === 'series' ? labels : {},
    ...{ unit, series, limit, latest: finiteOrNull(latest), latestAt: toIso(latestAt) },
    passed: answer?.passed ?? false,
    reachedAt: timeOf(answer?.reachedAt),
    reachedAtLow: timeOf(answer?.reachedAtLow),
    reachedAtHigh: timeOf(answer?.reachedAtHigh),
    daysLeft: daysTo(answer?.reachedAt),
    daysLeftLow: daysTo(answer?.reachedAtLow),
    daysLeftHigh: daysTo(answer?.reachedAtHigh),
    probability: answer?.probability ?? null,
    growthPerDay: answer?.growthPerDay ?? null,
    ...{ reason, needed, available },
    ...(answer?.outlook && { outlook: toOutlook(row, answer.outlook, to) }),
  };
}

function toOutlook(
  { history, cellMs }: CapacityRow,
  { low, middle, high }: { low: Float64Array; middle: Float64Array; high: Float64Array },
  to: number,
) {
  const list = (values: Float64Array) => Array.from(values, finiteOrNull);
  const cells = history.length + middle.length;
  return {
    times: Array.from({ length: cells }, (_, i) => to + (i + 1 - history.length) * cellMs),
    past: list(history),
    low: list(low),
    middle: list(middle),
    high: list(high),
  };
}

import { createRoute, z } from '@hono/zod-openapi';
import { maxScores, scoresOfSeries } from '../store/queries/detection.ts';
import { grains, maxRawPoints, pointsOfSeries, rawPoints } from '../store/queries/points.ts';
import { listSeries, type SeriesInfo, seriesByIds } from '../store/queries/series.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError, pointerTo } from '../telemetry/errors.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { inOrder, rangeQuery } from './time-range.ts';
import { finiteOrNull, isoTime, labelsValue, seriesIdValue, toIso } from './values.ts';

const seriesSchema = z
  .object({
    id: seriesIdValue,
    metric: z.string(),
    labels: labelsValue,
    aggregation: z.string(),
    unit: z.string(),
    firstTime: isoTime,
    lastTime: isoTime,
  })
  .openapi('Series');

const columns = {
  times: z.array(z.number()).openapi({ description: 'Unix milliseconds.' }),
  values: z.array(z.number().nullable()),
};
const pointsSchema = z
  .object({
    id: z.string(),
    metric: z.string(),
    labels: labelsValue,
    unit: z.string(),
    from: isoTime,
    to: isoTime,
    stepSeconds: z.number(),
    ...columns,
  })
  .openapi('Points');
const numbers = z.array(z.number().nullable());
const scoresSchema = z
  .object({
    id: z.string(),
    detector: z.string(),
    ...columns,
    scores: numbers,
    expected: numbers,
    lower: numbers,
    upper: numbers,
  })
  .openapi('Scores');

const params = z.object({ id: seriesIdValue });
const common = { method: 'get' as const, tags: ['series'], middleware: requireScope('read') };

const listRoute = createRoute({
  ...common,
  path: '/v1/series',
  summary: 'List series by metric and labels',
  description: 'A label is matched by `label.NAME=VALUE`.',
  request: { query: z.looseObject({ ...pageQuery, metric: z.string().default(''), agent: z.string().optional() }) },
  responses: {
    200: { description: 'Series', content: { 'application/json': { schema: pageOf(seriesSchema) } } },
    ...problemResponses,
  },
});

const oneRoute = createRoute({
  ...common,
  path: '/v1/series/{id}',
  summary: 'One series',
  request: { params },
  responses: {
    200: { description: 'Series', content: { 'application/json': { schema: seriesSchema } } },
    ...problemResponses,
  },
});

const pointsRoute = createRoute({
  ...common,
  path: '/v1/series/{id}/points',
  summary: 'The values of a series',
  request: {
    params,
    query: inOrder(z.object({ ...rangeQuery, step: z.enum(['auto', 'raw', 'minute', 'hour']).default('auto') })),
  },
  responses: {
    200: { description: 'Points', content: { 'application/json': { schema: pointsSchema } } },
    ...problemResponses,
  },
});

const scoresRoute = createRoute({
  ...common,
  path: '/v1/series/{id}/scores',
  summary: 'The anomaly band of a series: its scores with what was expected',
  request: { params, query: inOrder(z.object(rangeQuery)) },
  responses: {
    200: { description: 'Scores', content: { 'application/json': { schema: scoresSchema } } },
    ...problemResponses,
  },
});

const dayMs = 86_400_000;

/** `GET /v1/series`, `/v1/series/{id}`, `/v1/series/{id}/points`, `/v1/series/{id}/scores`. */
export function createSeriesRoutes({ telemetry, now }: { telemetry: TelemetryStore; now: () => Date }) {
  function readRange({ from, to }: { from?: number | undefined; to?: number | undefined }): {
    from: number;
    to: number;
  } {
    const end = to ?? now().getTime();
    const start = from ?? end - dayMs;
    if (start >= end)
      throw new AppError('invalid_request', `from must be before to`, {
        errors: [{ pointer: '/from', detail: 'not before `to`' }],
      });
    return { from: start, to: end };
  }

  return createRouter()
    .openapi(listRoute, async (context) => {
      const { limit, cursor, metric, agent, ...others } = context.req.valid('query');
      const [afterMetric, afterId] = readCursor(cursor, z.tuple([z.string(), seriesIdValue]), ['', '0']);
      const labels = new Map(agent === undefined ? [] : [['agent', agent]]);
      for (const [name, value] of Object.entries(others)) {
        if (!name.startsWith('label.'))
          throw badParameter(name, 'not known; allowed: metric, agent, label.NAME, limit, cursor');
        if (typeof value !== 'string') throw badParameter(name, 'given more than once');
        labels.set(name.slice('label.'.length), value);
      }
      const rows = await telemetry.query(listSeries, {
        tenant: context.get('principal').tenant,
        metric,
        labelNames: [...labels.keys()],
        labelValues: [...labels.values()],
        afterMetric,
        afterId,
        limit: limit + 1,
      });
      return context.json(
        paginate(rows, limit, ({ metric, id }) => [metric, id], toSeries),
        200,
      );
    })
    .openapi(oneRoute, async (context) => {
      return context.json(
        toSeries(await findSeries(telemetry, context.get('principal').tenant, context.req.valid('param').id)),
        200,
      );
    })
    .openapi(pointsRoute, async (context) => {
      const { tenant } = context.get('principal');
      const series = await findSeries(telemetry, tenant, context.req.valid('param').id);
      const { step, ...query } = context.req.valid('query');
      const { from, to } = readRange(query);
      const grain = step === 'auto' ? (to - from <= 2 * dayMs ? 'minute' : 'hour') : step;
      const read = grain === 'raw' ? rawPoints : pointsOfSeries[grain];
      const [points] = await telemetry.query(read, { tenant, id: series.id, from, to });
      if (grain === 'raw') refuseTooMany(points?.times, maxRawPoints);
      const stepSeconds = grain === 'raw' ? 0 : grains[grain].stepMs / 1000;
      const { id, metric, labels, unit } = series;
      const body = {
        id,
        metric,
        labels,
        unit,
        from: toIso(from),
        to: toIso(to),
        stepSeconds,
        times: points?.times ?? [],
        values: (points?.values ?? []).map(finiteOrNull),
      };
      return context.json(body, 200);
    })
    .openapi(scoresRoute, async (context) => {
      const { tenant } = context.get('principal');
      const { id } = await findSeries(telemetry, tenant, context.req.valid('param').id);
      const { from, to } = readRange(context.req.valid('query'));
      const [row] = await telemetry.query(scoresOfSeries, { tenant, id, from, to });
      refuseTooMany(row?.times, maxScores);
      const column = (name: 'values' | 'scores' | 'expected' | 'lower' | 'upper') =>
        (row?.[name] ?? []).map(finiteOrNull);
      const body = {
        id,
        detector: row?.detector ?? '',
        times: row?.times ?? [],
        values: column('values'),
        scores: column('scores'),
        expected: column('expected'),
        lower: column('lower'),
        upper: column('upper'),
      };
      return context.json(body, 200);
    });
}

function badParameter(name: string, reason: string): AppError {
  const errors = [{ pointer: pointerTo([name]), detail: reason }];
  return new AppError('invalid_request', `the parameter ${JSON.stringify(name)} is ${reason}`, { errors });
}

/** What is cut in silence would look as if it were all there is. */
function refuseTooMany(times: readonly number[] = [], most: number): void {
  if (times.length <= most) return;
  throw new AppError(
    'invalid_request',
    `the range holds more than ${most} points; ask for a shorter one, or for a coarser step`,
    {
      errors: [{ pointer: '/from', detail: `more than ${most} points` }],
    },
  );
}

/** @throws AppError `not_found`. */
export async function findSeries(telemetry: TelemetryStore, tenant: string, id: string): Promise<SeriesInfo> {
  const [series] = await telemetry.query(seriesByIds, { tenant, ids: [id] });
  if (series === undefined) throw new AppError('not_found', `no series ${id}`);
  return series;
}

function toSeries({ id, metric, labels, aggregation, unit, first_time, last_time }: SeriesInfo) {
  return { id, metric, labels, aggregation, unit, firstTime: toIso(first_time), lastTime: toIso(last_time) };
}

import { createRoute, z } from '@hono/zod-openapi';
import { type BacktestAlarm, backtestDetector, compareWithLabels } from '../analytics/detector-backtest.ts';
import { defaultDetectorSettings } from '../models/detectors/detector.ts';
import { detectorIds } from '../models/detectors/registry.ts';
import type { ModelPool } from '../models/pool.ts';
import { listSeries, type SeriesInfo, seriesByIds } from '../store/queries/series.ts';
import { listFeedback } from '../store/records/feedback.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { requireScope } from './auth.ts';
import { limitBody } from './body-limit.ts';
import { createRouter } from './context.ts';
import type { OnDemand } from './on-demand.ts';
import { problemResponses } from './problem.ts';
import { inOrder } from './time-range.ts';
import { finiteOrNull, isoTime, labelsValue, seriesIdValue, timeQuery, toIso } from './values.ts';

const maxSeries = 200;
const maxDays = 31;
const maxExamples = 20;
const dayMs = 86_400_000;

const selectorSchema = z
  .strictObject({
    series: z.array(seriesIdValue).min(1).max(maxSeries).optional(),
    metric: z.string().max(200).default(''),
    agent: z.string().max(200).default(''),
    labels: z.record(z.string().max(200), z.string().max(500)).default({}),
  })
  .refine(
    ({ series, metric, agent, labels }) =>
      series !== undefined || metric !== '' || agent !== '' || Object.keys(labels).length > 0,
    {
      error: 'give at least one of series, metric, agent and labels',
    },
  );

const settingsSchema = z.strictObject({
  detector: z.enum(detectorIds).default(detectorIds[0]),
  threshold: z.number().min(0.5).max(1000).default(1).openapi({ description: 'An alarm needs a higher score.' }),
  alarmsPerSeriesPerWeek: z
    .number()
    .min(0.01)
    .max(1000)
    .default(defaultDetectorSettings.alarmsPerSeriesPerWeek)
    .openapi({ description: 'How many alarms the detector may give in the long run while nothing is wrong.' }),
});

const exampleSchema = z.object({
  seriesId: z.string(),
  metric: z.string(),
  labels: labelsValue,
  startedAt: isoTime,
  endedAt: isoTime,
  peakAt: isoTime,
  peakScore: z.number().nullable(),
  peakValue: z.number().nullable(),
  expected: z.number().nullable(),
  maturity: z.number(),
  reason: z.string(),
});
const nullableRatio = z.number().nullable();
const answerSchema = z
  .object({
    settings: z.object({ detector: z.string(), threshold: z.number(), alarmsPerSeriesPerWeek: z.number() }),
    from: isoTime,
    to: isoTime,
    series: z.number().int(),
    points: z.number().int().openapi({ description: 'That were scored, those to learn from included.' }),
    failed: z.array(z.string()).openapi({ description: 'The ids of series that could not be scored.' }),
    alarms: z.number().int(),
    alarmsPerDay: z.number(),
    alarmsPerSeriesPerWeek: z.number(),
    days: z.array(z.object({ day: z.string(), alarms: z.number().int() })),
    noisiest: z
      .array(z.object({ seriesId: z.string(), metric: z.string(), labels: labelsValue, alarms: z.number().int() }))
      .openapi({ description: 'The five series with the most alarms.' }),
    examples: z.array(exampleSchema).openapi({ description: `The worst ${maxExamples}.` }),
    labels: z
      .object({ real: z.number().int(), notReal: z.number().int(), precision: nullableRatio, recall: nullableRatio })
      .openapi({ description: 'By what people said of these series in this time; null where they said nothing.' }),
  })
  .openapi('DetectorBacktest');

const backtestRoute = createRoute({
  method: 'post',
  path: '/v1/detectors/backtest',
  summary: 'Try settings of a detector on the past: which alarms would there have been?',
  description:
    `Scores at most ${maxSeries} series over at most ${maxDays} days, with no memory but of the \`warmUpDays\` before. ` +
    'Nothing is stored, and nobody is told. A client that goes away ends the computation.',
  tags: ['detectors'],
  middleware: [requireScope('read'), limitBody()] as const,
  request: {
    body: {
      required: true,
      content: {
        'application/json': {
          schema: inOrder(
            z.strictObject({
              selector: selectorSchema,
              settings: settingsSchema.prefault({}),
              from: timeQuery,
              to: timeQuery,
              warmUpDays: z.number().min(0).max(28).default(7),
            }),
          ),
        },
      },
    },
  },
  responses: {
    200: { description: 'Alarms', content: { 'application/json': { schema: answerSchema } } },
    ...problemResponses,
  },
});

export interface DetectorsRoutesDeps {
  telemetry: TelemetryStore;
  state: StateStore;
  pool: ModelPool;
  onDemand: OnDemand;
}

/** `POST /v1/detectors/backtest`. */
export function createDetectorsRoutes({ telemetry, state, pool, onDemand }: DetectorsRoutesDeps) {
  return createRouter().openapi(backtestRoute, async (context) => {
    const { selector, settings, from, to, warmUpDays } = context.req.valid('json');
    if (to - from > maxDays * dayMs) throw badField('to', `more than ${maxDays} days after \`from\``);
    const { tenant } = context.get('principal');
    const series = await select(telemetry, tenant, selector);
    const inquiry = { tenant, series, from, to, warmUpDays, ...settings };
    const found = await onDemand(context.req.raw.signal, (signal) =>
      backtestDetector({ telemetry, models: pool }, inquiry, signal),
    );
    const selected = new Set(series.map(({ id }) => id));
    const feedback = (await listFeedback(state, tenant)).filter((each) => selected.has(each.series));
    const days = (to - from) / dayMs;
    const { alarms } = found;
    const body = {
      ...{ settings, from: toIso(from), to: toIso(to), points: found.points, failed: found.failed },
      ...{ series: series.length, alarms: alarms.length, alarmsPerDay: alarms.length / days },
      alarmsPerSeriesPerWeek: (alarms.length / series.length / days) * 7,
      days: countDays(alarms),
      noisiest: countSeries(alarms),
      examples: alarms.slice(0, maxExamples).map(toExample),
      labels: compareWithLabels(alarms, feedback, { from, to }),
    };
    return context.json(body, 200);
  });
}

/** @throws AppError when nothing, or too much, is selected. */
async function select(
  telemetry: TelemetryStore,
  tenant: string,
  { series, metric, agent, labels }: z.output<typeof selectorSchema>,
): Promise<SeriesInfo[]> {
  const wanted = { ...labels, ...(agent !== '' && { agent }) };
  const found =
    series === undefined
      ? await telemetry.query(listSeries, {
          ...{ tenant, metric, labelNames: Object.keys(wanted), labelValues: Object.values(wanted) },
          ...{ afterMetric: '', afterId: '0', limit: maxSeries + 1 },
        })
      : await telemetry.query(seriesByIds, { tenant, ids: series });
  if (found.length === 0) throw new AppError('not_found', 'no series is selected');
  if (found.length > maxSeries) throw badField('selector', `more than ${maxSeries} series; select fewer`);
  return found;
}

function badField(name: string, detail: string): AppError {
  return new AppError('invalid_request', `${name} is ${detail}`, { errors: [{ pointer: `/${name}`, detail }] });
}

function countDays(alarms: readonly BacktestAlarm[]) {
  const byDay = Map.groupBy(alarms, ({ anomaly }) => toIso(anomaly.startMs).slice(0, 10));
  return [...byDay].map(([day, of]) => ({ day, alarms: of.length })).sort((a, b) => (a.day < b.day ? -1 : 1));
}

function countSeries(alarms: readonly BacktestAlarm[]) {
  const bySeries = Map.groupBy(alarms, ({ series }) => series.id);
  return [...bySeries.values()]
    .map((of) => ({
      seriesId: of[0]!.series.id,
      metric: of[0]!.series.metric,
      labels: of[0]!.series.labels,
      alarms: of.length,
    }))
    .sort((a, b) => b.alarms - a.alarms)
    .slice(0, 5);
}

function toExample({ series: { id, metric, labels }, anomaly }: BacktestAlarm) {
  const { startMs, endMs, peakMs, peakValue, peak } = anomaly;
  return {
    ...{ seriesId: id, metric, labels, startedAt: toIso(startMs), endedAt: toIso(endMs), peakAt: toIso(peakMs) },
    ...{
      peakScore: finiteOrNull(peak.score),
      peakValue: finiteOrNull(peakValue),
      expected: finiteOrNull(peak.expected),
    },
    ...{ maturity: peak.maturity, reason: peak.reason },
  };
}

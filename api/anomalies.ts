import { createRoute, z } from '@hono/zod-openapi';
import { agentDetectors } from '../analytics/detect-agents.ts';
import { movedDetector } from '../analytics/moved-thresholds.ts';
import { readPeerBand } from '../analytics/peer-band.ts';
import { thresholdFactor } from '../models/feedback/threshold-factor.ts';
import type { ModelPool } from '../models/pool.ts';
import { StoreAwayError } from '../store/away.ts';
import { type AnomalyRow, listAnomalies, scoresOfSeries } from '../store/queries/detection.ts';
import { incidentsOfFinding } from '../store/queries/incidents.ts';
import { listFeedback } from '../store/records/feedback.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { anomalySchema, anyAnomaly, findAnomaly, toAnomaly } from './anomaly.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { feedbackSchema, toFeedback } from './feedback.ts';
import type { OnDemand } from './on-demand.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { inOrder, rangeQuery } from './time-range.ts';
import { finiteOrNull, seriesIdValue } from './values.ts';

const column = z.array(z.number().nullable());
const anomalyDetailSchema = anomalySchema
  .extend({
    band: z
      .object({
        stepSeconds: z.number().openapi({ description: 'The length of the buckets that were scored.' }),
        times: z.array(z.number()).openapi({ description: 'Unix milliseconds, ascending.' }),
        values: column,
        scores: column,
        expected: column,
        lower: column,
        upper: column,
        missing: z
          .string()
          .nullable()
          .openapi({ description: 'Why there is no band, where the workers had no time for it.' }),
      })
      .openapi({ description: 'The series around the anomaly, with what was expected of it.' }),
    heldBackFor: feedbackSchema.nullable().openapi({ description: 'What was said, for which nobody is told of it.' }),
    incidents: z.array(z.object({ id: z.string(), title: z.string() })),
  })
  .openapi('AnomalyDetail');

const listRoute = createRoute({
  method: 'get',
  path: '/v1/anomalies',
  summary: 'List anomalies, newest first',
  tags: ['anomalies'],
  middleware: requireScope('read'),
  request: {
    query: inOrder(
      z.object({
        ...pageQuery,
        series: seriesIdValue.optional(),
        metric: z.string().default(''),
        agent: z.string().default(''),
        open: z.enum(['true', 'false']).optional(),
        ...rangeQuery,
        heldBack: z
          .enum(['true', 'false'])
          .default('false')
          .openapi({ description: 'Those of which nobody is told, because of feedback on a similar one.' }),
        minScore: z.coerce.number().min(0).default(0),
      }),
    ),
  },
  responses: {
    200: { description: 'Anomalies', content: { 'application/json': { schema: pageOf(anomalySchema) } } },
    ...problemResponses,
  },
});

const oneRoute = createRoute({
  method: 'get',
  path: '/v1/anomalies/{id}',
  summary: 'One anomaly with the points and the band around it',
  tags: ['anomalies'],
  middleware: requireScope('read'),
  request: { params: z.object({ id: z.string().max(100) }) },
  responses: {
    200: { description: 'Anomaly', content: { 'application/json': { schema: anomalyDetailSchema } } },
    ...problemResponses,
  },
});

export interface AnomaliesRoutesDeps {
  telemetry: TelemetryStore;
  state: StateStore;
  pool: ModelPool;
  onDemand: OnDemand;
}

/** `GET /v1/anomalies`, `GET /v1/anomalies/{id}`. */
export function createAnomaliesRoutes({ telemetry, state, pool, onDemand }: AnomaliesRoutesDeps) {
  /** The band of the detector that found it; that of peers is drawn from them when somebody asks. */
  function bandOf(tenant: string, row: AnomalyRow, gone: AbortSignal) {
    return row.detector === agentDetectors.peers
      ? onDemand(gone, (signal) => readBandOfPeers({ telemetry, pool }, tenant, row, signal)).catch((error: unknown) =>
          withoutBand(row, error),
        )
      : readBand({ telemetry, state }, tenant, row);
  }

  return createRouter()
    .openapi(listRoute, async (context) => {
      const {
        limit,
        cursor,
        open,
        heldBack,
        series = '',
        from = anyAnomaly.from,
        to = anyAnomaly.to,
        ...filters
      } = context.req.valid('query');
      const [beforeTime, beforeId] = readCursor(cursor, z.tuple([z.number().int(), z.string()]), [
        anyAnomaly.beforeTime,
        '',
      ]);
      const rows = await telemetry.query(listAnomalies, {
        ...anyAnomaly,
        ...filters,
        tenant: context.get('principal').tenant,
        series,
        from,
        to,
        open: open === undefined ? anyAnomaly.open : Number(open === 'true'),
        heldBack: Number(heldBack === 'true'),
        beforeTime,
        beforeId,
        limit: limit + 1,
      });
      return context.json(
        paginate(rows, limit, (row) => [row.started_at, row.id], toAnomaly),
        200,
      );
    })
    .openapi(oneRoute, async (context) => {
      const { tenant } = context.get('principal');
      const row = await findAnomaly(telemetry, tenant, context.req.valid('param').id);
      const [feedback, band, incidents] = await Promise.all([
        row.held_back_by === '' ? [] : listFeedback(state, tenant, { series: row.series_id }),
        bandOf(tenant, row, context.req.raw.signal),
        telemetry.query(incidentsOfFinding, { tenant, finding: row.id, at: row.started_at }),
      ]);
      const held = feedback.find(({ id }) => id === row.held_back_by);
      return context.json({ ...toAnomaly(row), band, heldBackFor: held ? toFeedback(held) : null, incidents }, 200);
    });
}

const minuteMs = 60_000;
/** So many buckets before and after an anomaly show what was ordinary, and no more of a long one are read. */
const around = 180;
const longest = 2880;

function rangeAround(row: AnomalyRow): { from: number; to: number } {
  const stepMs = row.step_seconds * 1000;
  const from = row.started_at - around * stepMs;
  const to = Math.min((row.ended_at ?? row.peak_at + longest * stepMs) + around * stepMs, from + longest * stepMs);
  return { from: Math.max(0, from), to: to + minuteMs };
}

async function readBandOfPeers(
  { telemetry, pool }: Pick<AnomaliesRoutesDeps, 'telemetry' | 'pool'>,
  tenant: string,
  row: AnomalyRow,
  signal: AbortSignal,
) {
  const { from, to } = rangeAround(row);
  const whole = { from: Math.floor(from / minuteMs) * minuteMs, to: Math.ceil(to / minuteMs) * minuteMs };
  const question = { tenant, seriesId: row.series_id, metric: row.metric, ...whole };
  const band = await readPeerBand({ telemetry, models: pool }, question, signal);
  const finite = (column: Float64Array | undefined) => Array.from(column ?? [], finiteOrNull);
  return {
    stepSeconds: row.step_seconds,
    times: Array.from(band?.times ?? []),
    values: finite(band?.values),
    scores: finite(band?.verdicts.score),
    expected: finite(band?.verdicts.expected),
    lower: finite(band?.verdicts.lower),
    upper: finite(band?.verdicts.upper),
    missing: null,
  };
}

/** An anomaly is shown without its band when the workers have no time to compute it, and says so. */
function withoutBand(row: AnomalyRow, error: unknown) {
  if (!(error instanceof AppError) || error instanceof StoreAwayError || error.code !== 'unavailable') throw error;
  const none: (number | null)[] = [];
  const columns = { values: none, scores: none, expected: none, lower: none, upper: none };
  return { stepSeconds: row.step_seconds, times: [], ...columns, missing: error.message };
}

async function readBand(
  { telemetry, state }: Pick<AnomaliesRoutesDeps, 'telemetry' | 'state'>,
  tenant: string,
  row: AnomalyRow,
) {
  const range = { ...rangeAround(row), detector: row.detector };
  const [own] = await telemetry.query(scoresOfSeries, { tenant, id: row.series_id, ...range });
  const isKept = own !== undefined && own.times.length > 0;
  // A detector that has taken over may know of a beginning that another one scored.
  const anyRange = { ...range, detector: '' };
  const [columns] = isKept ? [own] : await telemetry.query(scoresOfSeries, { tenant, id: row.series_id, ...anyRange });
  const finite = (name: 'values' | 'scores' | 'expected') => (columns?.[name] ?? []).map(finiteOrNull);
  const factor = row.detector === movedDetector ? await loweredBy(state, tenant, row.series_id) : 1;
  const edge = (name: 'lower' | 'upper') =>
    (columns?.[name] ?? []).map((value, i) => {
      const expected = columns!.expected[i]!;
      return finiteOrNull(factor === 1 ? value : expected + factor * (value - expected));
    });
  return {
    stepSeconds: row.step_seconds,
    times: columns?.times ?? [],
    values: finite('values'),
    scores: finite('scores'),
    expected: finite('expected'),
    lower: edge('lower'),
    upper: edge('upper'),
    missing: null,
  };
}

/** What people have made of the threshold of a series, where they made it lower: its band is as narrow. */
async function loweredBy(state: StateStore, tenant: string, series: string): Promise<number> {
  return Math.min(1, thresholdFactor(await listFeedback(state, tenant, { series })));
}

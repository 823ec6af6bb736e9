import type { DetectorId } from '../models/detectors/registry.ts';
import { verdictAt } from '../models/detectors/verdict-columns.ts';
import type { FeedbackVerdict } from '../models/feedback/hold-back.ts';
import { type ModelPool, ModelTaskError } from '../models/pool.ts';
import type { DetectResult } from '../models/tasks.ts';
import { type Anomaly, defaultThresholdOptions, initThreshold, stepThreshold } from '../models/thresholds.ts';
import { grains, pointsOfSelected } from '../store/queries/points.ts';
import type { SeriesInfo } from '../store/queries/series.ts';
import type { Feedback } from '../store/records/feedback.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { createBreather } from '../telemetry/turn.ts';

export interface BacktestSettings {
  detector: DetectorId;
  /** An alarm needs a higher score at its peak. */
  threshold: number | undefined;
  /** Instead of the threshold: the lowest that gives no more alarms than this. */
  alarmsPerSeriesPerWeek: number | undefined;
}

/** Times are Unix milliseconds; alarms are counted in `[from, to)`, and detectors learn from `warmUpDays` before it. */
export interface BacktestInquiry extends BacktestSettings {
  tenant: string;
  series: readonly SeriesInfo[];
  from: number;
  to: number;
  warmUpDays: number;
}

export interface BacktestAlarm {
  series: SeriesInfo;
  anomaly: Anomaly;
}

export interface DetectorBacktest {
  points: number;
  threshold: number;
  /** The worst first. */
  alarms: BacktestAlarm[];
}

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
/** Read and scored at once: so that neither memory nor the turn of the loop grows with the question. */
const seriesPerTask = 10;

/**
 * Scores series as the detect job would have, in the workers, and tells which alarms there would have been.
 *
 * @throws ModelTaskError when the workers give no answer, or `signal` is aborted.
 */
export async function backtestDetector(
  { telemetry, models }: { telemetry: TelemetryStore; models: ModelPool },
  inquiry: BacktestInquiry,
  signal: AbortSignal,
): Promise<DetectorBacktest> {
  const { series, from, to, threshold = 1, alarmsPerSeriesPerWeek } = inquiry;
  const alarms: BacktestAlarm[] = [];
  let points = 0;
  for (let start = 0; start < series.length; start += seriesPerTask) {
    if (signal.aborted) throw new ModelTaskError('detect', 'aborted', signal.reason);
    const found = await scoreSome({ telemetry, models }, inquiry, series.slice(start, start + seriesPerTask), signal);
    points += found.points;
    alarms.push(...found.alarms);
  }
  alarms.sort((a, b) => b.anomaly.peak.score - a.anomaly.peak.score);
  const weeks = (series.length * (to - from)) / weekMs;
  const allowed = alarmsPerSeriesPerWeek === undefined ? undefined : Math.floor(alarmsPerSeriesPerWeek * weeks);
  const chosen = allowed === undefined ? threshold : Math.max(1, alarms[allowed]?.anomaly.peak.score ?? 1);
  return { points, threshold: chosen, alarms: alarms.filter(({ anomaly }) => anomaly.peak.score > chosen) };
}

async function scoreSome(
  { telemetry, models }: { telemetry: TelemetryStore; models: ModelPool },
  { tenant, detector, from, to, warmUpDays, threshold = 1 }: BacktestInquiry,
  series: readonly SeriesInfo[],
  signal: AbortSignal,
): Promise<{ points: number; alarms: BacktestAlarm[] }> {
  const alarms: BacktestAlarm[] = [];
  let points = 0;
  for (const grain of ['minute', 'hour'] as const) {
    const byId = new Map(
      series.filter((each) => (each.aggregation === 'sum') === (grain === 'hour')).map((each) => [each.id, each]),
    );
    if (byId.size === 0) continue;
    const { stepMs } = grains[grain];
    const range = { from: Math.max(0, from - warmUpDays * dayMs), to };
    const rows = await telemetry.query(pointsOfSelected[grain], { tenant, ids: [...byId.keys()], ...range });
    const columns = rows.map(({ times, values }) => finite(times, values));
    const inputs = columns.map((points) => ({ state: null, traits: { isCount: grain === 'hour' }, points }));
    const results = await models.detect({ detector, series: inputs }, { signal });
    const breather = createBreather();
    for (const [i, { id }] of rows.entries()) {
      points += columns[i]!.times.length;
      const anomalies = foldAnomalies(columns[i]!, results[i]!, stepMs, Math.min(1, threshold));
      const counted = anomalies.filter(({ startMs }) => startMs >= from && startMs < to);
      alarms.push(...counted.map((anomaly) => ({ series: byId.get(id)!, anomaly })));
      if (breather.isDue()) await breather.now();
    }
  }
  return { points, alarms };
}

interface Columns {
  times: Float64Array;
  values: Float64Array;
}

function finite(times: readonly number[], values: readonly number[]): Columns {
  const isUsable = (_: number, i: number) => Number.isFinite(values[i]);
  return { times: Float64Array.from(times.filter(isUsable)), values: Float64Array.from(values.filter(isUsable)) };
}

function foldAnomalies(
  { times, values }: Columns,
  { verdicts }: DetectResult,
  stepMs: number,
  openAbove: number,
): Anomaly[] {
  const mergeGapSeconds = Math.max(defaultThresholdOptions.mergeGapSeconds, (2 * stepMs) / 1000);
  const options = { openAbove, keepAbove: openAbove * defaultThresholdOptions.keepAbove, mergeGapSeconds };
  const anomalies: Anomaly[] = [];
  let state = initThreshold();
  for (let i = 0; i < times.length; i++) {
    if (state.open === null && verdicts.score[i]! <= openAbove) continue;
    const step = stepThreshold(
      state,
      { timeMs: times[i]!, value: values[i]!, verdict: verdictAt(verdicts, i) },
      options,
    );
    if (step.closed !== null) anomalies.push(step.closed);
    state = step.state;
  }
  if (state.open !== null) anomalies.push(state.open);
  return anomalies;
}

/** How alarms compare with what people said of these series. */
export interface LabelReport {
  /** Anomalies that people called real, and that they called false alarms or expected. */
  real: number;
  notReal: number;
  /** Of the alarms that were labelled, the share that was real. Null without one. */
  precision: number | null;
  /** Of what was real, the share that an alarm overlaps. Null where nothing was. */
  recall: number | null;
}

/** Compares alarms with the labels in `[from, to)`; of what nobody said anything nothing is known, and it does not count. */
export function compareWithLabels(
  alarms: readonly BacktestAlarm[],
  feedback: readonly Feedback[],
  { from, to }: { from: number; to: number },
): LabelReport {
  const labels = feedback.filter(({ shape }) => shape.startMs >= from && shape.startMs < to);
  const isHit = ({ series, shape: { startMs, durationMs } }: Feedback) =>
    alarms.some(
      (alarm) =>
        alarm.series.id === series && alarm.anomaly.startMs <= startMs + durationMs && alarm.anomaly.endMs >= startMs,
    );
  const of = (isOf: (verdict: FeedbackVerdict) => boolean) => labels.filter(({ verdict }) => isOf(verdict));
  const real = of((verdict) => verdict === 'real');
  const notReal = of((verdict) => verdict !== 'real');
  const [hitReal, hitNotReal] = [real.filter(isHit).length, notReal.filter(isHit).length];
  return {
    real: real.length,
    notReal: notReal.length,
    precision: hitReal + hitNotReal === 0 ? null : hitReal / (hitReal + hitNotReal),
    recall: real.length === 0 ? null : hitReal / real.length,
  };
}

import type { DetectorId } from '../models/detectors/registry.ts';
import { verdictAt } from '../models/detectors/verdict-columns.ts';
import type { FeedbackVerdict } from '../models/feedback/hold-back.ts';
import { type ModelPool, ModelTaskError } from '../models/pool.ts';
import type { Points } from '../models/series.ts';
import type { DetectResult } from '../models/tasks.ts';
import { type Anomaly, defaultThresholdOptions, initThreshold, stepThreshold } from '../models/thresholds.ts';
import { pointsOfSelected } from '../store/queries/packed-points.ts';
import { type Grain, grains } from '../store/queries/points.ts';
import type { SeriesInfo } from '../store/queries/series.ts';
import type { Feedback } from '../store/records/feedback.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { createBreather } from '../telemetry/turn.ts';

export interface BacktestSettings {
  detector: DetectorId;
  /** An alarm needs a higher score; 1 is where the detector itself draws the line. */
  threshold: number;
  /** How many alarms the detector may give in the long run while nothing is wrong. */
  alarmsPerSeriesPerWeek: number;
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
  /** The ids of series that could not be scored. */
  failed: string[];
  /** The worst first. */
  alarms: BacktestAlarm[];
}

const dayMs = 86_400_000;
/** At most so many points are read and scored at once: neither memory nor a turn of the loop grows with the question. */
const pointsPerTask = 200_000;
/** While some series are scored in the threads, others are read. */
const lanes = 3;

/** Series of one grain that are read and scored together. */
interface Batch {
  grain: Grain;
  series: SeriesInfo[];
}

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
  const all: DetectorBacktest = { points: 0, failed: [], alarms: [] };
  const batches = batchesOf(inquiry);
  const work = async (): Promise<void> => {
    for (const batch of batches) {
      if (signal.aborted) throw new ModelTaskError('detect', 'aborted', signal.reason);
      const some = await scoreBatch({ telemetry, models }, inquiry, batch, signal);
      all.points += some.points;
      all.failed.push(...some.failed);
      all.alarms.push(...some.alarms);
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
  all.alarms.sort((a, b) => b.anomaly.peak.score - a.anomaly.peak.score || a.anomaly.startMs - b.anomaly.startMs);
  return all;
}

/** Neighbours in the store are read together. */
function* batchesOf({ series, from, to, warmUpDays }: BacktestInquiry): Generator<Batch, void> {
  const ordered = series.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  for (const grain of ['minute', 'hour'] as const) {
    const ofGrain = ordered.filter(({ aggregation }) => (aggregation === 'sum') === (grain === 'hour'));
    const pointsPerSeries = (to - from + warmUpDays * dayMs) / grains[grain].stepMs;
    const size = Math.max(1, Math.floor(pointsPerTask / pointsPerSeries));
    for (let start = 0; start < ofGrain.length; start += size)
      yield { grain, series: ofGrain.slice(start, start + size) };
  }
}

async function scoreBatch(
  { telemetry, models }: { telemetry: TelemetryStore; models: ModelPool },
  { tenant, detector, alarmsPerSeriesPerWeek, from, to, warmUpDays, threshold }: BacktestInquiry,
  { grain, series }: Batch,
  signal: AbortSignal,
): Promise<DetectorBacktest> {
  const some: DetectorBacktest = { points: 0, failed: [], alarms: [] };
  const byId = new Map(series.map((each) => [each.id, each]));
  const range = { from: Math.max(0, from - warmUpDays * dayMs), to };
  const rows = await telemetry.queryPacked(pointsOfSelected[grain], { tenant, ids: [...byId.keys()], ...range });
  const inputs = rows.map(({ points }) => ({ state: null, traits: { isCount: grain === 'hour' }, points }));
  const results = await models.detect({ detector, settings: { alarmsPerSeriesPerWeek }, series: inputs }, { signal });
  const breather = createBreather();
  for (const [i, { id, points }] of rows.entries()) {
    if (results[i]!.error !== undefined) {
      some.failed.push(id);
      continue;
    }
    some.points += points.times.length;
    const anomalies = foldAnomalies(points, results[i]!, grains[grain].stepMs, threshold);
    const counted = anomalies.filter(({ startMs }) => startMs >= from && startMs < to);
    some.alarms.push(...counted.map((anomaly) => ({ series: byId.get(id)!, anomaly })));
    if (breather.isDue()) await breather.now();
  }
  return some;
}

function foldAnomalies(
  { times, values }: Points,
  { verdicts }: DetectResult,
  stepMs: number,
  openAbove: number,
): Anomaly[] {
  const mergeGapSeconds = Math.max(defaultThresholdOptions.mergeGapSeconds, (2 * stepMs) / 1000);
  const keepAbove = openAbove * defaultThresholdOptions.keepAbove;
  const options = { ...defaultThresholdOptions, openAbove, keepAbove, mergeGapSeconds };
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

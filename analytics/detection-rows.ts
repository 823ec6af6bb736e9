import type { DetectorId } from '../models/detectors/registry.ts';
import { verdictAt } from '../models/detectors/verdict-columns.ts';
import type { DetectResult } from '../models/tasks.ts';
import {
  type Anomaly,
  defaultThresholdOptions,
  stepThreshold,
  type ThresholdOptions,
  type ThresholdState,
} from '../models/thresholds.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { RowOf } from '../store/table.ts';
import type { anomaliesTable } from '../store/tables.ts';

/** The detector that scores every series. */
export const detector: DetectorId = 'composite';
/** Those that did before it. */
export const formerDetectors: readonly string[] = ['seasonal-band'];

/** The buckets of a series, each of `stepMs`, that are to be scored. */
export interface SeriesPoints {
  id: string;
  stepMs: number;
  times: Float64Array;
  values: Float64Array;
}

/** Runs of high scores are one anomaly when less than a quarter of an hour, or two buckets, lies between them. */
export function thresholdOptions(stepMs: number): ThresholdOptions {
  const mergeGapSeconds = Math.max(defaultThresholdOptions.mergeGapSeconds, (2 * stepMs) / 1000);
  return { ...defaultThresholdOptions, mergeGapSeconds };
}

/** Folds the verdicts into the threshold; answers the anomalies of the window that were closed or are open. */
export function decide(
  before: ThresholdState,
  { stepMs, times, values }: SeriesPoints,
  { verdicts }: Pick<DetectResult, 'verdicts'>,
  from: number,
): { state: ThresholdState; changed: Anomaly[] } {
  const options = thresholdOptions(stepMs);
  const changed: Anomaly[] = [];
  let state = before;
  for (let i = 0; i < times.length; i++) {
    if (state.open === null && verdicts.score[i]! <= options.openAbove) continue;
    const sample = { timeMs: times[i]!, value: values[i]!, verdict: verdictAt(verdicts, i) };
    const step = stepThreshold(state, sample, options);
    // What a bucket of an earlier window closed, that window told.
    if (step.closed !== null && times[i]! + stepMs > from) changed.push(step.closed);
    state = step.state;
  }
  if (state.open !== null) changed.push(state.open);
  return { state, changed };
}

/** An anomaly is open while its end may still be joined by the next run of high scores. */
export function anomalyRow(
  tenant: Tenant,
  seriesId: string,
  stepMs: number,
  anomaly: Anomaly,
  asOf: number,
  until: number,
  foundBy: string = detector,
): RowOf<typeof anomaliesTable> {
  const { startMs, endMs, peakMs, peakValue, peak } = anomaly;
  const isOver = asOf - endMs - stepMs > thresholdOptions(stepMs).mergeGapSeconds * 1000;
  return {
    tenant: tenant.id,
    // Of two detectors that find the same, each has its own.
    anomaly_id: `${seriesId}-${startMs.toString(36)}${foundBy === detector ? '' : `-${foundBy}`}`,
    series_id: seriesId,
    detector: foundBy,
    started_at: startMs,
    ended_at: isOver ? endMs : null,
    peak_at: peakMs,
    peak_score: peak.score,
    peak_value: peakValue,
    expected: peak.expected,
    lower: peak.lower,
    upper: peak.upper,
    maturity: peak.maturity,
    reason: peak.reason,
    as_of: asOf,
    until,
    withdrawn: 0,
    held_back_by: '',
  };
}

import { thresholdOptions } from '../../analytics/detection-rows.ts';
import { type Detector, newState } from '../../models/detectors/detector.ts';
import { median } from '../../models/statistics/median.ts';
import { type Anomaly, initThreshold, stepThreshold } from '../../models/thresholds.ts';
import type { LabelledSeries } from './labelled-series.ts';

/** What the product says of a series: a score a row, and the anomalies that it would have told of. */
export interface ScoredSeries {
  scores: Float64Array;
  anomalies: Anomaly[];
  /** CPU seconds of the detector alone. */
  seconds: number;
}

/**
 * Folds a series through the detector and the threshold that the `detect` job uses. A row that has no value, or is not
 * later than the one before it, is refused, as the job refuses it, and scores 0.
 */
export function scoreSeries(detector: Detector, { times, values }: LabelledSeries): ScoredSeries {
  const state = newState(detector);
  const scores = new Float64Array(times.length);
  const anomalies: Anomaly[] = [];
  const options = thresholdOptions(median(times.slice(1).map((time, i) => time - times[i]!)));
  let threshold = initThreshold();
  let lastMs = Number.NEGATIVE_INFINITY;
  const before = process.cpuUsage();
  for (let i = 0; i < times.length; i++) {
    const timeMs = times[i]!;
    if (timeMs <= lastMs || Number.isNaN(values[i]!)) continue;
    lastMs = timeMs;
    const verdict = detector.update(state, timeMs, values[i]!);
    scores[i] = verdict.score;
    const step = stepThreshold(threshold, { timeMs, value: values[i]!, verdict }, options);
    if (step.closed !== null) anomalies.push(step.closed);
    threshold = step.state;
  }
  if (threshold.open !== null) anomalies.push(threshold.open);
  const { user, system } = process.cpuUsage(before);
  return { scores, anomalies, seconds: (user + system) / 1e6 };
}

import { type VerdictColumns, verdictAt } from '../detectors/verdict-columns.ts';
import type { Points } from '../series.ts';
import { type Anomaly, stepThreshold, type ThresholdOptions, type ThresholdState } from '../thresholds.ts';
import { type AnomalyShape, heldBackBy, type SeriesFeedback } from './hold-back.ts';

export interface KeepUntoldOptions {
  feedback: readonly SeriesFeedback[];
  /** What the feedback has made of the threshold in the time of the points. */
  factor: number;
  threshold: ThresholdOptions;
}

/**
 * Of the scores by a threshold that people have moved (`moved`, changed in place), leaves above 1 only what the threshold that
 * everybody begins with does not tell already (`plain`): while an anomaly of it goes on that people are told of, they are 0,
 * and what does not pass a raised threshold is at most 1. So an anomaly made of what is left lies beside those that are told anyway,
 * and without the feedback there is none.
 *
 * @param before the state of the plain threshold before the points.
 * @returns the state of it after them.
 */
export function keepUntold(
  { times, values }: Points,
  plain: VerdictColumns,
  moved: VerdictColumns,
  before: ThresholdState,
  { feedback, factor, threshold }: KeepUntoldOptions,
): ThresholdState {
  let state = before;
  for (let i = 0; i < times.length; i++) {
    const isPlain = plain.score[i]! > threshold.openAbove;
    if (state.open !== null || isPlain) {
      const sample = { timeMs: times[i]!, value: values[i]!, verdict: verdictAt(plain, i) };
      state = stepThreshold(state, sample, threshold).state;
    }
    if (isPlain || (state.open !== null && heldBackBy(shapeOfAnomaly(state.open), feedback) === undefined))
      moved.score[i] = 0;
    else if (moved.score[i]! <= factor) moved.score[i] = Math.min(1, moved.score[i]!);
  }
  return state;
}

function shapeOfAnomaly({ startMs, endMs, peakValue, peak }: Anomaly): AnomalyShape {
  const direction = peakValue < peak.expected ? 'below' : 'above';
  return { direction, score: peak.score, startMs, durationMs: endMs - startMs };
}

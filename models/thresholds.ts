import type { Verdict } from './detectors/detector.ts';

/** An interval in which a series was out of the ordinary, with its worst moment. Times are Unix milliseconds. */
export interface Anomaly {
  startMs: number;
  /** The last sample that belonged to it. */
  endMs: number;
  peakMs: number;
  /** The sample and its verdict at the peak: the highest score, the earliest of equals. */
  peakValue: number;
  peak: Verdict;
}

export interface ThresholdOptions {
  /** An anomaly opens when a score passes this. */
  openAbove: number;
  /** An open one goes on while scores stay above this ... */
  keepAbove: number;
  /** ... and values lie further from what is expected than this part of the way to the edge of the band. */
  settledShare: number;
  /** Two runs closer than this are one anomaly. */
  mergeGapSeconds: number;
}

export const defaultThresholdOptions: ThresholdOptions = {
  openAbove: 1,
  keepAbove: 0.6,
  settledShare: 0.1,
  mergeGapSeconds: 900,
};

/** Plain data that survives a JSON round trip; `open` is the anomaly that goes on, or that may still be joined. */
export interface ThresholdState {
  open: Anomaly | null;
}

export function initThreshold(): ThresholdState {
  return { open: null };
}

/** One sample as a detector judged it. */
export interface ScoredSample {
  timeMs: number;
  value: number;
  verdict: Verdict;
}

/** What a sample did: the next state, and the anomaly that it closed. */
export interface ThresholdStep {
  state: ThresholdState;
  closed: Anomaly | null;
}

/**
 * Decides, apart from scoring, what is an anomaly: it opens above 1, goes on above 0.6 (so that a score which wavers
 * at the edge, or is held back while it goes on, is one anomaly and not ten), and is closed by the first sample that comes more than `mergeGapSeconds`
 * after its end. A value that is about what was expected does not keep it open, though a mean of the last hour be still out of
 * place. Pure; samples come in ascending order of time.
 */
export function stepThreshold(
  { open }: ThresholdState,
  sample: ScoredSample,
  options: ThresholdOptions = defaultThresholdOptions,
): ThresholdStep {
  const { timeMs, verdict } = sample;
  const isOver = open !== null && timeMs - open.endMs > options.mergeGapSeconds * 1000;
  const current = isOver ? null : open;
  const closed = isOver ? open : null;
  const belongs = verdict.score > options.openAbove || (current !== null && goesOn(sample, options));
  return { state: { open: belongs ? extend(current, sample) : current }, closed };
}

function goesOn({ value, verdict }: ScoredSample, { keepAbove, settledShare }: ThresholdOptions): boolean {
  const { score, expected, lower, upper } = verdict;
  const wayToEdge = Math.max(upper - expected, expected - lower);
  return score > keepAbove && Math.abs(value - expected) > settledShare * wayToEdge;
}

function extend(open: Anomaly | null, { timeMs, value, verdict }: ScoredSample): Anomaly {
  if (open === null) return { startMs: timeMs, endMs: timeMs, peakMs: timeMs, peakValue: value, peak: verdict };
  const isHigher = verdict.score > open.peak.score;
  return { ...open, endMs: timeMs, ...(isHigher && { peakMs: timeMs, peakValue: value, peak: verdict }) };
}

/** Folds samples into `state`: what is still open is in the state that is returned, not in `closed`. */
export function foldThreshold(
  state: ThresholdState,
  samples: Iterable<ScoredSample>,
  options: ThresholdOptions = defaultThresholdOptions,
): { state: ThresholdState; closed: Anomaly[] } {
  const closed: Anomaly[] = [];
  let current = state;
  for (const sample of samples) {
    const step = stepThreshold(current, sample, options);
    current = step.state;
    if (step.closed !== null) closed.push(step.closed);
  }
  return { state: current, closed };
}

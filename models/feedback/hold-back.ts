export const verdicts = ['false_alarm', 'real', 'expected'] as const;
export type FeedbackVerdict = (typeof verdicts)[number];

/** What anomalies of one series are compared by. */
export interface AnomalyShape {
  direction: 'above' | 'below';
  /** The score at the peak. */
  score: number;
  /** Unix milliseconds. */
  startMs: number;
  durationMs: number;
}

/** What a person said of an anomaly of the series. */
export interface SeriesFeedback {
  id: string;
  verdict: FeedbackVerdict;
  shape: AnomalyShape;
}

const hourMs = 3_600_000;
const weekMs = 168 * hourMs;
/** A similar anomaly is no more than this much worse and longer: what goes beyond is news. */
const sizeFactor = 1.5;
const durationFactor = 2;
const durationGraceMs = 900_000;
/** What is expected comes again at about the same time of the week. */
const timeOfWeekMs = 2 * hourMs;
/** Each false alarm raises the threshold of its series by this, up to so much. */
const stepFactor = 1.15;
const maxFactor = 3;
/** What comes this near to something real is told. */
const realShare = 0.8;

/**
 * By how much the threshold of a series is raised: 1.15 for each false alarm, 3 at most, and never so far that something would
 * be held back which a person called real.
 *
 * @example
 * thresholdFactor([{ id: 'a', verdict: 'false_alarm', shape }]) // 1.15
 */
export function thresholdFactor(feedback: readonly SeriesFeedback[]): number {
  const alarms = feedback.filter(({ verdict }) => verdict === 'false_alarm').length;
  const real = feedback.filter(({ verdict }) => verdict === 'real').map(({ shape }) => realShare * shape.score);
  return Math.max(1, Math.min(stepFactor ** alarms, maxFactor, ...real));
}

/**
 * The feedback for which nobody is told of an anomaly, the earliest given; undefined when people are told.
 *
 * An anomaly is held back when it goes the same way as a false alarm and is not much worse or longer; when it comes at the
 * time of the week of one that was expected; or when it stays below the raised threshold of its series. One that is nearly
 * as bad as a real one of the same direction never is.
 */
export function heldBackBy(shape: AnomalyShape, feedback: readonly SeriesFeedback[]): string | undefined {
  const sameWay = feedback.filter((each) => each.shape.direction === shape.direction);
  const isLikeReal = sameWay.some(
    ({ verdict, shape: real }) => verdict === 'real' && shape.score >= realShare * real.score,
  );
  if (isLikeReal) return undefined;
  const similar = sameWay.find((each) => isSimilar(shape, each));
  if (similar !== undefined) return similar.id;
  return shape.score <= thresholdFactor(feedback)
    ? feedback.find(({ verdict }) => verdict === 'false_alarm')?.id
    : undefined;
}

function isSimilar(shape: AnomalyShape, { verdict, shape: known }: SeriesFeedback): boolean {
  if (verdict === 'real' || shape.score > sizeFactor * known.score) return false;
  if (shape.durationMs > durationFactor * known.durationMs + durationGraceMs) return false;
  return verdict === 'false_alarm' || timeOfWeekApart(shape.startMs, known.startMs) <= timeOfWeekMs;
}

function timeOfWeekApart(a: number, b: number): number {
  const apart = (((a - b) % weekMs) + weekMs) % weekMs;
  return Math.min(apart, weekMs - apart);
}

import { realShare, thresholdFactor } from './threshold-factor.ts';

export const verdicts = ['false_alarm', 'real', 'expected'] as const;
export type FeedbackVerdict = (typeof verdicts)[number];

/** What anomalies of one series are compared by. */
export interface AnomalyShape {
  direction: 'above' | 'below';
  /** The score at the peak, by the threshold that everybody begins with. */
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
  /** When it was said; Unix milliseconds. */
  at: number;
}

const hourMs = 3_600_000;
const weekMs = 168 * hourMs;
/** So far back it reaches: what began earlier is left as it was. */
export const effectDays = 30;
/** A similar anomaly is no more than this much worse and longer: what goes beyond is news. */
const sizeFactor = 1.5;
const durationFactor = 2;
const durationGraceMs = 900_000;
/** What is expected comes again at about the same time of the week. */
const timeOfWeekMs = 2 * hourMs;

/**
 * The feedback for which nobody is told of an anomaly, the earliest given; undefined when people are told.
 *
 * An anomaly is held back when it goes the same way as a false alarm and is not much worse or longer; when it comes at the
 * time of the week of one that was expected; or when it stays below the raised threshold of its series. One that is nearly
 * as bad as a real one of the same direction never is. Feedback speaks of what began in the thirty days before it, and of
 * all that comes after.
 *
 * A function of the anomaly and of what is said now: without the feedback everything is as it was before it.
 */
export function heldBackBy(shape: AnomalyShape, all: readonly SeriesFeedback[]): string | undefined {
  const feedback = all.filter(({ at }) => shape.startMs >= at - effectDays * 24 * hourMs);
  const sameWay = feedback.filter((each) => each.shape.direction === shape.direction);
  const isLikeReal = sameWay.some(
    ({ verdict, shape: real }) => verdict === 'real' && shape.score >= realShare * real.score,
  );
  if (isLikeReal) return undefined;
  const similar = sameWay.find((each) => isSimilar(shape, each));
  if (similar !== undefined) return similar.id;
  return shape.score <= thresholdFactor(feedback) ? worstFalseAlarm(feedback)?.id : undefined;
}

/** The one that raised the threshold. */
function worstFalseAlarm(feedback: readonly SeriesFeedback[]): SeriesFeedback | undefined {
  const alarms = feedback.filter(({ verdict }) => verdict === 'false_alarm');
  return alarms.reduce<SeriesFeedback | undefined>(
    (worst, each) => (worst !== undefined && worst.shape.score >= each.shape.score ? worst : each),
    undefined,
  );
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

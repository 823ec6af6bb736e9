import { median } from '../statistics/median.ts';
import { quantile } from '../statistics/quantile.ts';
import { type Frame, isObserved, rowCount, sliceRows } from './frame.ts';
import { type Lingering, linger, lingeringScore } from './lingering.ts';
import type { FitOptions, Fitted, MultivariateDetector } from './multivariate-detector.ts';

/** A fitted detector with what makes a score of its distance; plain data. */
export interface CalibratedWeights<Weights> extends Fitted<Weights> {
  /** The middle distance of rows that are ordinary: an excess of 0, as is any smaller one. */
  ordinary: number;
  /** The excess, lingering, that is a score of 1. */
  threshold: number;
  width: number;
}

export interface VectorScores {
  /** One a row: above 1 is anomalous. Finite, never negative. */
  score: Float64Array;
  /** A number a row and dimension, row-major; a row sums to 1, or to 0 when nothing is odd. */
  contributions: Float32Array;
  /** What the last row leaves to the next. */
  after: Lingering | null;
}

/** A row's distance is the mean over so much time: a single odd minute is noise more often than not. */
const smoothingMs = 300_000;
/** The last part of the reference is held out to see how far ordinary rows are from what was fitted. */
const heldOutRatio = 0.25;
/** Where the tail of ordinary distances is taken to begin. */
const tailLevel = 0.95;
/** An ordinary row has this chance to score above 1: ten minutes a week, which are one alarm or none, for scores linger. */
const alarmProbability = 1e-3;

/** How much before a row must be in its frame; what was before that is in what lingers. */
export function contextMsOf({ contextMs }: MultivariateDetector<unknown>): number {
  return contextMs + smoothingMs;
}

/**
 * Fits a detector and finds the distance that is a score of 1. The detector is fitted to the first three quarters of
 * the reference and measures the last quarter, which it does not know, as it will not know the future; then it is
 * fitted to all. By how much rows exceed the middle distance lingers, as in scoring. The tail of that is taken as
 * exponential beyond its 95 % quantile, and the threshold is where it leaves one chance in 1,000.
 *
 * Source: the peaks-over-threshold method of Siffer et al., "Anomaly detection in streams with extreme value theory"
 * (2017), with the shape of the tail fixed at 0, for a quarter of a reference is too little to fit it.
 */
export async function fitCalibrated<Weights>(
  detector: MultivariateDetector<Weights>,
  reference: Frame,
  options: FitOptions = {},
): Promise<CalibratedWeights<Weights>> {
  const cut = Math.floor(rowCount(reference) * (1 - heldOutRatio));
  const { weights: part } = await detector.fit(sliceRows(reference, 0, cut), options);
  const distances = smooth(detector.measure(part, reference, cut).distance, reference.stepMs, 0);
  const isHeld = (_: number, i: number) => isObserved(reference, cut + i);
  const held = distances.filter(isHeld);
  const ordinary = held.length > 0 ? median(held) : 0;
  const { score } = lingerOver(excesses(distances, ordinary), reference, cut, null);
  const fitted = await detector.fit(reference, options);
  return {
    ...fitted,
    ordinary,
    threshold: Math.max(findThreshold(score.filter(isHeld)), smallestThreshold),
    width: reference.width,
  };
}

function findThreshold(excess: Float64Array): number {
  const start = quantile(excess, tailLevel);
  const beyond = excess.filter((value) => value > start);
  const meanBeyond = beyond.reduce((sum, value) => sum + value - start, 0) / Math.max(1, beyond.length);
  return (Number.isFinite(start) ? start : 0) + meanBeyond * Math.log((1 - tailLevel) / alarmProbability);
}

/** Of a reference in which nothing ever changed. */
const smallestThreshold = 1e-3;

/**
 * Scores the rows from `fromRow` on. The rows before it are context: `contextMsOf` the detector gives the same scores
 * as any longer one. Rows that go on from others are given what these left, `before`: in pieces or at once, the scores
 * are the same.
 *
 * @throws RangeError when the frame has another width than the reference had.
 */
export function scoreCalibrated<Weights>(
  detector: MultivariateDetector<Weights>,
  { threshold, ordinary, width, weights }: CalibratedWeights<Weights>,
  frame: Frame,
  fromRow = 0,
  before: Lingering | null = null,
): VectorScores {
  if (frame.width !== width)
    throw new RangeError(`The frame has ${frame.width} dimensions, and the reference had ${width}`);
  const lead = Math.max(0, Math.min(fromRow, Math.floor(smoothingMs / frame.stepMs) - 1));
  const { distance, contributions } = detector.measure(weights, frame, fromRow - lead);
  const excess = excesses(smooth(distance, frame.stepMs, lead), ordinary).map((value) => value / threshold);
  return {
    ...lingerOver(excess, frame, fromRow, before),
    contributions: contributions.slice(lead * width),
  };
}

function excesses(distances: Float64Array, ordinary: number): Float64Array {
  return distances.map((distance) => Math.max(0, distance - ordinary));
}

/** Lets the values of the rows from `fromRow` on linger; a row that was not observed adds nothing. */
function lingerOver(
  values: Float64Array,
  frame: Frame,
  fromRow: number,
  before: Lingering | null,
): Pick<VectorScores, 'score' | 'after'> {
  const { startMs, stepMs } = frame;
  let after = before;
  const score = values.map((value, i) => {
    const row = fromRow + i;
    after = linger(isObserved(frame, row) ? value : 0, startMs + row * stepMs, after, stepMs);
    return lingeringScore(after);
  });
  return { score, after };
}

/** The trailing mean over `smoothingMs`, from row `from` on. */
function smooth(distances: Float64Array, stepMs: number, from: number): Float64Array {
  const span = Math.max(1, Math.floor(smoothingMs / stepMs));
  const smoothed = new Float64Array(Math.max(0, distances.length - from));
  for (let i = from; i < distances.length; i++) {
    const first = Math.max(0, i - span + 1);
    let sum = 0;
    for (let k = first; k <= i; k++) sum += distances[k]!;
    smoothed[i - from] = sum / (i - first + 1);
  }
  return smoothed;
}

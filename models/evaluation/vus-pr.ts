import { descending } from './precision-recall.ts';

export interface VusPrOptions {
  /** The widest buffer around a labelled stretch, in points. */
  maxBuffer?: number;
  /** Of the buffers 0 to `maxBuffer`, every so many. */
  bufferStep?: number;
  /** Thresholds of each curve, at even ranks of the scores. */
  thresholds?: number;
}

interface Stretch {
  from: number;
  /** Inclusive. */
  to: number;
}

/**
 * The volume under the surface of precision and recall: the mean, over buffers around the labelled stretches, of the
 * area under a curve that gives part credit to points in the buffer and asks that each stretch be found at all.
 *
 * With buffer w, a point x beside a stretch counts sqrt(1 - distance / w) up to w/2 away. With l these labels, P the
 * labelled points and a threshold's predictions p: TP = sum(l p); precision = TP / sum(p);
 * recall = min(1, TP / ((P + sum(l)) / 2)) * (stretches with a predicted point) / (stretches).
 *
 * Source: Paparrizos et al., "Volume under the surface: a new accuracy evaluation measure for time-series anomaly
 * detection" (2022), and the published code of its authors. NaN when no point is labelled.
 */
export function vusPr(
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
  { maxBuffer = 100, bufferStep = 10, thresholds = 250 }: VusPrOptions = {},
): number {
  const stretches = findStretches(labels);
  if (stretches.length === 0) return Number.NaN;
  const order = descending(scores);
  let sum = 0;
  let curves = 0;
  for (let buffer = 0; buffer <= maxBuffer; buffer += bufferStep) {
    sum += areaWithBuffer(stretches, scores, order, buffer, thresholds);
    curves++;
  }
  return sum / curves;
}

function areaWithBuffer(
  stretches: readonly Stretch[],
  scores: ArrayLike<number>,
  order: Uint32Array,
  buffer: number,
  thresholds: number,
): number {
  const length = scores.length;
  const weights = softLabels(stretches, length, buffer);
  const hard = stretches.reduce((points, { from, to }) => points + to - from + 1, 0);
  const total = (hard + weights.reduce((points, weight) => points + weight, 0)) / 2;
  const best = stretches
    .map(({ from, to }) => highest(scores, from - halfOf(buffer), to + halfOf(buffer)))
    .sort((a, b) => b - a);
  let area = 0;
  let recallBefore = 0;
  let taken = 0;
  let truePositives = 0;
  for (let k = 0; k < thresholds; k++) {
    const threshold = scores[order[Math.floor((k * (length - 1)) / Math.max(1, thresholds - 1))]!]!;
    while (taken < length && scores[order[taken]!]! >= threshold) truePositives += weights[order[taken++]!]!;
    const found = best.filter((score) => score >= threshold).length / best.length;
    const recall = Math.min(1, truePositives / total) * found;
    area += ((recall - recallBefore) * truePositives) / taken;
    recallBefore = recall;
  }
  return area;
}

function softLabels(stretches: readonly Stretch[], length: number, buffer: number): Float64Array {
  const weights = new Float64Array(length);
  for (const { from, to } of stretches) {
    weights.fill(1, from, to + 1);
    for (let away = 1; away <= halfOf(buffer); away++) {
      const weight = Math.sqrt(1 - away / buffer);
      if (from - away >= 0) weights[from - away] = Math.min(1, weights[from - away]! + weight);
      if (to + away < length) weights[to + away] = Math.min(1, weights[to + away]! + weight);
    }
  }
  return weights;
}

function halfOf(buffer: number): number {
  return Math.floor(buffer / 2);
}

function highest(scores: ArrayLike<number>, from: number, to: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let i = Math.max(0, from); i <= to && i < scores.length; i++) best = Math.max(best, scores[i]!);
  return best;
}

function findStretches(labels: ArrayLike<number>): Stretch[] {
  const stretches: Stretch[] = [];
  for (let i = 0; i < labels.length; i++) {
    if (!labels[i]) continue;
    const last = stretches.at(-1);
    if (last?.to === i - 1) last.to = i;
    else stretches.push({ from: i, to: i });
  }
  return stretches;
}

export interface PrecisionRecall {
  /** The area under the curve of precision over recall, as a step function: average precision. */
  aucPr: number;
  /** The best F1 of any threshold. */
  bestF1: number;
}

/**
 * Judges scores point by point against labels (1 anomalous, 0 not). Points of equal score are one step. NaN when no
 * point is labelled.
 *
 * Average precision as in scikit-learn 1.5: the sum over thresholds of (R_n - R_(n-1)) P_n, without interpolation.
 *
 * @example
 * precisionRecall([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) // { aucPr: 0.8333..., bestF1: 0.8 }
 */
export function precisionRecall(labels: ArrayLike<number>, scores: ArrayLike<number>): PrecisionRecall {
  const order = descending(scores);
  const positives = count(labels);
  if (positives === 0) return { aucPr: Number.NaN, bestF1: Number.NaN };
  let found = 0;
  let recallBefore = 0;
  let aucPr = 0;
  let bestF1 = 0;
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i]!]!;
    for (; i < order.length && scores[order[i]!] === score; i++) found += labels[order[i]!]!;
    const recall = found / positives;
    aucPr += ((recall - recallBefore) * found) / i;
    recallBefore = recall;
    bestF1 = Math.max(bestF1, (2 * found) / (i + positives));
  }
  return { aucPr, bestF1 };
}

/** F1 of the points whose score passes `threshold`; 0 when none does. */
export function f1Above(labels: ArrayLike<number>, scores: ArrayLike<number>, threshold: number): number {
  let flagged = 0;
  let found = 0;
  for (let i = 0; i < labels.length; i++) {
    if (!(scores[i]! > threshold)) continue;
    flagged++;
    found += labels[i]!;
  }
  return found === 0 ? 0 : (2 * found) / (flagged + count(labels));
}

/** The places of the scores, the highest first. */
export function descending(scores: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
}

function count(labels: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < labels.length; i++) sum += labels[i]!;
  return sum;
}

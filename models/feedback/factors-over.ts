import { effectDays, type SeriesFeedback } from './hold-back.ts';
import { thresholdFactor } from './threshold-factor.ts';

/** What is made of the threshold of a series in `[from, to)`; Unix milliseconds. */
export interface FactorPiece {
  from: number;
  to: number;
  factor: number;
}

const effectMs = effectDays * 86_400_000;

/**
 * The factor of the threshold of a series over `[from, to)`, piece by piece: feedback speaks of the thirty days before it
 * and of all that comes after. At least one piece; neighbours differ.
 */
export function factorsOver(feedback: readonly SeriesFeedback[], from: number, to: number): FactorPiece[] {
  const begins = feedback.map(({ at }) => at - effectMs).filter((begin) => begin > from && begin < to);
  const edges = [...new Set([from, ...begins])].sort((a, b) => a - b);
  const pieces: FactorPiece[] = [];
  for (const edge of edges) {
    const factor = thresholdFactor(feedback.filter(({ at }) => at - effectMs <= edge));
    const last = pieces.at(-1);
    if (last?.factor === factor) continue;
    if (last !== undefined) last.to = edge;
    pieces.push({ from: edge, to, factor });
  }
  return pieces;
}

import type { Verdict } from './detector.ts';

/** The verdicts of a series as columns, one entry a point: small, and handed between threads without a copy. */
export interface VerdictColumns {
  score: Float64Array;
  expected: Float64Array;
  lower: Float64Array;
  upper: Float64Array;
  maturity: Float64Array;
  /** The reasons that are not empty, and the shifts that are not 0, by index of the point. */
  reasons: Map<number, string>;
  acceptedShifts: Map<number, number>;
}

export function createVerdictColumns(length: number): VerdictColumns {
  return {
    score: new Float64Array(length),
    expected: new Float64Array(length),
    lower: new Float64Array(length),
    upper: new Float64Array(length),
    maturity: new Float64Array(length),
    reasons: new Map(),
    acceptedShifts: new Map(),
  };
}

export function setVerdict(columns: VerdictColumns, index: number, verdict: Verdict): void {
  columns.score[index] = verdict.score;
  columns.expected[index] = verdict.expected;
  columns.lower[index] = verdict.lower;
  columns.upper[index] = verdict.upper;
  columns.maturity[index] = verdict.maturity;
  if (verdict.reason !== '') columns.reasons.set(index, verdict.reason);
  if (verdict.acceptedShift) columns.acceptedShifts.set(index, verdict.acceptedShift);
}

/** The verdict of one point, as the detector gave it. */
export function verdictAt(columns: VerdictColumns, index: number): Verdict {
  return {
    score: columns.score[index]!,
    expected: columns.expected[index]!,
    lower: columns.lower[index]!,
    upper: columns.upper[index]!,
    maturity: columns.maturity[index]!,
    reason: columns.reasons.get(index) ?? '',
    acceptedShift: columns.acceptedShifts.get(index) ?? 0,
  };
}

/** The memory behind the columns, for a transfer to another thread. */
export function buffersOf(columns: VerdictColumns): ArrayBuffer[] {
  const { score, expected, lower, upper, maturity } = columns;
  return [score, expected, lower, upper, maturity].map((column) => column.buffer as ArrayBuffer);
}

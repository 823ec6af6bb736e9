import type { LevelShift, Verdict } from './detector.ts';

/** The verdicts of a series as columns, one entry a point: small, and handed between threads without a copy. */
export interface VerdictColumns {
  score: Float64Array;
  expected: Float64Array;
  lower: Float64Array;
  upper: Float64Array;
  maturity: Float64Array;
  /** The reasons that are not empty, and the levels that were accepted, by index of the point. */
  reasons: Map<number, string>;
  acceptedShifts: Map<number, LevelShift>;
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
    acceptedShift: columns.acceptedShifts.get(index) ?? null,
  };
}

/** The memory behind the columns, for a transfer to another thread. */
export function buffersOf(columns: VerdictColumns): ArrayBuffer[] {
  const { score, expected, lower, upper, maturity } = columns;
  return [score, expected, lower, upper, maturity].map((column) => column.buffer as ArrayBuffer);
}

/**
 * A function that gives ever later stretches of the columns, each as columns of its own: views, with indices from 0.
 */
export function sliceOfColumns(columns: VerdictColumns): (from: number, to: number) => VerdictColumns {
  const takeReasons = takeFrom(columns.reasons);
  const takeShifts = takeFrom(columns.acceptedShifts);
  return (from, to) => ({
    score: columns.score.subarray(from, to),
    expected: columns.expected.subarray(from, to),
    lower: columns.lower.subarray(from, to),
    upper: columns.upper.subarray(from, to),
    maturity: columns.maturity.subarray(from, to),
    reasons: takeReasons(from, to),
    acceptedShifts: takeShifts(from, to),
  });
}

/** Maps by index are filled in ascending order, so that each entry is looked at once. */
function takeFrom<T>(entries: Map<number, T>): (from: number, to: number) => Map<number, T> {
  const list = [...entries];
  let next = 0;
  return (from, to) => {
    const taken = new Map<number, T>();
    while (next < list.length && list[next]![0] < to) {
      const [index, entry] = list[next++]!;
      taken.set(index - from, entry);
    }
    return taken;
  };
}

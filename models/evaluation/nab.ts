/**
 * The scoring of the Numenta Anomaly Benchmark, version 1.1: what a detection is worth by how early it comes in a
 * labelled window, and what a false one costs by how far it lies behind the last window.
 *
 * Source: A. Lavin, S. Ahmad, Evaluating Real-time Anomaly Detection Algorithms, 2015; the scorer of numenta/NAB.
 */
export interface NabProfile {
  /** What a window is worth when it is found at its first row. */
  tp: number;
  /** What a window costs that is not found. */
  fn: number;
  /** What a false detection far from any window costs. */
  fp: number;
}

export const nabProfiles = {
  standard: { tp: 1, fn: 1, fp: 0.11 },
  lowFp: { tp: 1, fn: 1, fp: 0.22 },
  lowFn: { tp: 1, fn: 2, fp: 0.11 },
} as const satisfies Record<string, NabProfile>;

/** A labelled window of rows, `last` included. */
export interface NabWindow {
  first: number;
  last: number;
}

/** A file: a score for each row, and its windows in ascending order, which do not overlap. */
export interface NabFile {
  scores: ArrayLike<number>;
  windows: readonly NabWindow[];
}

export interface NabScore {
  /** 100 for a perfect detector, 0 for one that never speaks; a noisy one is below 0. */
  normalised: number;
  /** Rows that score at least this were detections. Infinity where silence is best. */
  threshold: number;
}

/**
 * Scores files at the one threshold that is best for them all, as the benchmark does, or at a given threshold.
 *
 * @throws RangeError when there is no window, for then nothing can be found.
 *
 * @example
 * scoreNab([{ scores: [0, 0, 0.9, 0], windows: [{ first: 2, last: 3 }] }], nabProfiles.standard).normalised // 100
 */
export function scoreNab(files: readonly NabFile[], profile: NabProfile, threshold?: number): NabScore {
  const windows = files.reduce((sum, file) => sum + file.windows.length, 0);
  if (windows === 0) throw new RangeError('NAB: there must be at least one window');
  const nothing = -profile.fn * windows;
  const perfect = profile.tp * windows;
  const best = sweep(files.flatMap(rowsOf), profile, nothing, threshold);
  return { normalised: (100 * (best.raw - nothing)) / (perfect - nothing), threshold: best.threshold };
}

/** So many rows at the begin of a file are not scored. */
export function probationRows(rows: number): number {
  return Math.min(Math.floor(0.15 * rows), 750);
}

/** What each row would add: inside of a window a share of `tp`, outside (null) a share of `fp`. */
interface Row {
  score: number;
  value: number;
  window: NabWindow | null;
}

function rowsOf({ scores, windows }: NabFile): Row[] {
  const rows: Row[] = [];
  let next = 0;
  for (let i = 0; i < scores.length; i++) {
    while (next < windows.length && windows[next]!.last < i) next++;
    if (i < probationRows(scores.length)) continue;
    const window = next < windows.length && windows[next]!.first <= i ? windows[next]! : null;
    const value = window === null ? costOf(i, windows[next - 1]) : worthOf(i, window);
    rows.push({ score: scores[i]!, value, window });
  }
  return rows;
}

function worthOf(row: number, { first, last }: NabWindow): number {
  return sigmoid(-(last - row + 1) / (last - first + 1)) / sigmoid(-1);
}

function costOf(row: number, previous: NabWindow | undefined): number {
  if (previous === undefined) return -1;
  return sigmoid((row - previous.last) / (previous.last - previous.first));
}

function sigmoid(y: number): number {
  return y > 3 ? -1 : 2 / (1 + Math.exp(5 * y)) - 1;
}

/** Lowers the threshold from row to row, and keeps the one with the highest sum. */
function sweep(
  rows: Row[],
  { tp, fn, fp }: NabProfile,
  nothing: number,
  at?: number,
): { raw: number; threshold: number } {
  rows.sort((a, b) => b.score - a.score);
  const found = new Map<NabWindow, number>();
  let raw = nothing;
  let best = { raw, threshold: at ?? Number.POSITIVE_INFINITY };
  for (const [i, { score, value, window }] of rows.entries()) {
    if (at !== undefined && score < at) break;
    if (window === null) raw += fp * value;
    else {
      const before = found.get(window);
      raw += before === undefined ? fn + tp * value : tp * Math.max(0, value - before);
      found.set(window, Math.max(value, before ?? 0));
    }
    const isLastOfEquals = rows[i + 1]?.score !== score;
    if (at !== undefined) best.raw = raw;
    else if (isLastOfEquals && raw > best.raw) best = { raw, threshold: score };
  }
  return best;
}

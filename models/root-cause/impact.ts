/** Calls to one component by bucket; `starts` in Unix milliseconds, ascending. A missing observation is NaN. */
export interface CallSeries {
  starts: ArrayLike<number>;
  stepMs: number;
  /** Calls in the bucket. */
  calls: ArrayLike<number>;
  /** Harm a call: its mean latency in seconds, or the ratio of calls that failed. */
  harmPerCall: ArrayLike<number>;
}

export interface Impact {
  /** Harm beyond the ordinary a bucket; below 0 when it got better. */
  impact: number;
  /** The ordinary harm a call. NaN when the component was not called before. */
  ordinary: number;
  /** The harm a call during the incident. NaN when it was not called. */
  during: number;
  isNew: boolean;
}

/**
 * How much more harm the calls to a component did in `[fromMs, toMs)` than they did before, in a unit that adds up
 * along calls: (harm a call - ordinary harm a call) * calls, the mean over the buckets, each with the weight of the
 * part of it that lies in the incident. Ordinary is the mean over the buckets before the incident.
 *
 * A component that was not called before has no ordinary: `isNew`, and all of its harm counts.
 *
 * @example
 * // one call a bucket; 0.1 s a call before, 0.5 s during
 * measureImpact({ starts: [0, 60_000], stepMs: 60_000, calls: [10, 20], harmPerCall: [0.1, 0.5] }, 60_000, 120_000)
 * // { impact: 8, ordinary: 0.1, during: 0.5, isNew: false }
 */
export function measureImpact(
  { starts, stepMs, calls, harmPerCall }: CallSeries,
  fromMs: number,
  toMs: number,
): Impact {
  const before = { harm: 0, buckets: 0, calls: 0 };
  const during = { harm: 0, calls: 0, weight: 0 };
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i]!;
    const count = Number.isFinite(calls[i]) ? calls[i]! : 0;
    const harm = harmPerCall[i]!;
    const weight = Math.max(0, Math.min(start + stepMs, toMs) - Math.max(start, fromMs)) / stepMs;
    if (weight > 0) {
      during.weight += weight;
      if (Number.isFinite(harm)) {
        during.harm += weight * harm * count;
        during.calls += weight * count;
      }
    }
    if (start < fromMs && weight <= barelyInside) {
      before.calls += count;
      if (Number.isFinite(harm)) {
        before.harm += harm;
        before.buckets++;
      }
    }
  }
  const ordinary = before.buckets > 0 ? before.harm / before.buckets : Number.NaN;
  const excess = during.harm - (Number.isFinite(ordinary) ? ordinary : 0) * during.calls;
  return {
    impact: during.weight > 0 ? excess / during.weight : 0,
    ordinary,
    during: during.calls > 0 ? during.harm / during.calls : Number.NaN,
    isNew: before.calls === 0,
  };
}

/** A bucket of which so little lies in the incident still shows the ordinary. */
const barelyInside = 0.2;

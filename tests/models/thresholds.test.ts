import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  defaultThresholdOptions,
  foldThreshold,
  initThreshold,
  type ScoredSample,
  stepThreshold,
} from '../../models/thresholds.ts';

function toSamples(scores: readonly number[], stepMs = 60_000): ScoredSample[] {
  return scores.map((score, i) => ({
    timeMs: i * stepMs,
    value: 10 * score,
    verdict: { score, expected: 0, lower: -10, upper: 10, maturity: 1, reason: score > 1 ? 'high' : '' },
  }));
}

function decide(scores: readonly number[], mergeGapSeconds = 60) {
  return foldThreshold(initThreshold(), toSamples(scores), { ...defaultThresholdOptions, mergeGapSeconds });
}

describe('an anomaly', () => {
  test('opens above 1, not at 1', () => {
    expect(decide([0, 1, 1, 0, 0]).state.open).toBeNull();
    expect(decide([0, 1.01]).state.open?.startMs).toBe(60_000);
  });

  test('keeps its start, its peak with the verdict there, and its end', () => {
    const { closed } = decide([0, 2, 5, 5, 3, 0, 0, 0]);
    expect(closed).toHaveLength(1);
    expect(closed[0]).toMatchObject({ startMs: 60_000, peakMs: 120_000, peakValue: 50, endMs: 240_000 });
    expect(closed[0]?.peak).toMatchObject({ score: 5, reason: 'high' });
  });

  test('goes on while the score wavers just below the edge', () => {
    const { closed } = decide([1.2, 0.9, 0.8, 1.1, 0.9, 0, 0, 0]);
    expect(closed.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([[0, 240_000]]);
  });

  test('is over when values are back to what is expected, though its score lingers', () => {
    const lingering = toSamples([2, 0.7, 0.7, 0.7, 0.7]).map((sample, i) => ({ ...sample, value: i < 2 ? 9 : 0.9 }));
    const { closed } = foldThreshold(initThreshold(), lingering, { ...defaultThresholdOptions, mergeGapSeconds: 60 });
    expect(closed.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([[0, 60_000]]);
  });

  test('is joined by a run within the merge gap and not by one beyond it', () => {
    expect(decide([2, 0, 2, 0, 0, 0, 0], 120).closed).toHaveLength(1);
    expect(decide([2, 0, 0, 2, 0, 0, 0], 120).closed).toHaveLength(2);
  });

  test('is not closed while it may still be joined', () => {
    const { state, closed } = decide([2, 0, 0], 120);
    expect(closed).toEqual([]);
    expect(state.open).not.toBeNull();
  });
});

test('a batch is the fold of single steps, over any cut and a JSON round trip', () => {
  const scores = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 80 });
  fc.assert(
    fc.property(scores, fc.nat(80), (each, cut) => {
      const samples = toSamples(each);
      const whole = foldThreshold(initThreshold(), samples);
      const first = foldThreshold(initThreshold(), samples.slice(0, cut));
      const second = foldThreshold(JSON.parse(JSON.stringify(first.state)), samples.slice(cut));
      expect([...first.closed, ...second.closed]).toEqual(whole.closed);
      expect(second.state).toEqual(whole.state);
    }),
  );
});

test('a step leaves the state that it was given as it was', () => {
  const { state } = decide([2]);
  const before = structuredClone(state);
  stepThreshold(state, { ...toSamples([9])[0]!, timeMs: 30_000 });
  expect(state).toEqual(before);
});

test('anomalies never overlap and hold a peak above 1 between start and end', () => {
  const scores = fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { maxLength: 120 });
  fc.assert(
    fc.property(scores, (each) => {
      const { closed } = decide(each);
      for (const [i, { startMs, peakMs, endMs, peak }] of closed.entries()) {
        expect(startMs <= peakMs && peakMs <= endMs && peak.score > 1).toBe(true);
        if (i > 0) expect(startMs - closed[i - 1]!.endMs).toBeGreaterThan(60_000);
      }
    }),
  );
});

import { describe, expect, test } from 'vitest';
import { createVerdictColumns, setVerdict, type VerdictColumns } from '../../../models/detectors/verdict-columns.ts';
import type { SeriesFeedback } from '../../../models/feedback/hold-back.ts';
import { keepUntold } from '../../../models/feedback/keep-untold.ts';
import { initThreshold, defaultThresholdOptions as threshold } from '../../../models/thresholds.ts';

const minuteMs = 60_000;

function columns(scores: readonly number[]): VerdictColumns {
  const verdicts = createVerdictColumns(scores.length);
  for (const [i, score] of scores.entries())
    setVerdict(verdicts, i, { score, expected: 0, lower: -1, upper: 1, maturity: 1, reason: '' });
  return verdicts;
}

/** What is left of `moved`, minute by minute; values are the scores by the plain threshold. */
function left(plain: readonly number[], moved: readonly number[], factor: number, feedback: SeriesFeedback[] = []) {
  const times = Float64Array.from(plain, (_, i) => i * minuteMs);
  const scores = columns(moved);
  const points = { times, values: Float64Array.from(plain) };
  keepUntold(points, columns(plain), scores, initThreshold(), { feedback, factor, threshold });
  return [...scores.score];
}

/** A false alarm the other way, to which nothing is similar. */
const alarm = (score: number): SeriesFeedback => ({
  ...{ id: 'alarm', verdict: 'false_alarm', at: 0 },
  shape: { direction: 'below', score, startMs: 0, durationMs: 0 },
});

describe('of a threshold that was moved, what is left to be told', () => {
  test('is what is too faint for the plain one, when it was lowered', () => {
    expect(left([0.2, 0.7, 0.2], [0.2, 1.4, 0.2], 0.5)).toEqual([0.2, 1.4, 0.2]);
  });

  test('is nothing of what the plain one tells, and while an anomaly of it goes on', () => {
    expect(left([0.7, 2, 0.7, 0.7], [1.4, 4, 0.7, 1.4], 0.5)).toEqual([1.4, 0, 0, 0]);
  });

  test('is what passes a raised one after a faint beginning of which nobody was told', () => {
    // The plain threshold calls what is worse by less than three times a part of the first.
    expect(left([1.3, 0.7], [1.3, 2.2], 1.5, [alarm(1.47)])).toEqual([0, 2.2]);
  });

  test('is nothing that stays below a raised one, though it is new', () => {
    expect(left([0.7, 0.7], [1.4, 0.7], 1.5, [alarm(1.47)])).toEqual([1, 0.7]);
  });
});

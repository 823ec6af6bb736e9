import fc from 'fast-check';
import { expect, test } from 'vitest';
import { factorsOver } from '../../../models/feedback/factors-over.ts';
import { effectDays, type SeriesFeedback, verdicts } from '../../../models/feedback/hold-back.ts';
import { thresholdFactor } from '../../../models/feedback/threshold-factor.ts';

const effectMs = effectDays * 86_400_000;
const said = (verdict: SeriesFeedback['verdict'], score: number, at: number): SeriesFeedback => ({
  ...{ id: `${at}`, verdict, at },
  shape: { direction: 'above', score, startMs: at, durationMs: 0 },
});

test('feedback moves the threshold from thirty days before it on', () => {
  const feedback = [said('false_alarm', 1.5, effectMs + 100), said('real', 1.6, effectMs + 200)];
  expect(factorsOver(feedback, 0, 1000)).toEqual([
    { from: 0, to: 100, factor: 1 },
    { from: 100, to: 200, factor: 1.53 },
    { from: 200, to: 1000, factor: 1.6 * 0.8 },
  ]);
});

test('the pieces follow one another, differ, and say at each time what the feedback that speaks of it makes', () => {
  const anything = fc.record({
    verdict: fc.constantFrom(...verdicts),
    score: fc.double({ min: 0.5, max: 5, noNaN: true }),
    at: fc.nat(2000),
  });
  fc.assert(
    fc.property(fc.array(anything), fc.nat(1999), (all, time) => {
      const feedback = all.map(({ verdict, score, at }) => said(verdict, score, at + effectMs));
      const pieces = factorsOver(feedback, 0, 2000);
      expect([pieces[0]!.from, pieces.at(-1)!.to]).toEqual([0, 2000]);
      for (const [i, piece] of pieces.slice(1).entries()) {
        expect(piece.from).toBe(pieces[i]!.to);
        expect(piece.factor).not.toBe(pieces[i]!.factor);
      }
      const { factor } = pieces.find(({ from, to }) => time >= from && time < to)!;
      expect(factor).toBe(thresholdFactor(feedback.filter(({ at }) => at - effectMs <= time)));
    }),
  );
});

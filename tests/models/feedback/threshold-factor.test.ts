import fc from 'fast-check';
import { expect, test } from 'vitest';
import { verdicts } from '../../../models/feedback/hold-back.ts';
import { factorBounds, thresholdFactor } from '../../../models/feedback/threshold-factor.ts';

const said = (verdict: (typeof verdicts)[number], score: number) => ({ verdict, shape: { score } });
const anyFeedback = fc.array(
  fc.record({
    verdict: fc.constantFrom(...verdicts),
    shape: fc.record({ score: fc.double({ min: 0.5, max: 1000, noNaN: true }) }),
  }),
);

test.each([
  ['nothing was said', [], 1],
  ['one was expected', [said('expected', 2)], 1],
  ['one was a false alarm: it would have stayed just below', [said('false_alarm', 1.5)], 1.53],
  ['the worst of the false alarms counts', [said('false_alarm', 2), said('false_alarm', 1.5)], 2.04],
  ['a false alarm far out raises it to the bound', [said('false_alarm', 40)], 3],
  ['something real that was plain leaves it', [said('real', 5)], 1],
  ['something real that was faint lowers it', [said('real', 1.1)], 0.88],
  ['something real that was found by a lowered one lowers it further', [said('real', 1.1), said('real', 0.9)], 0.72],
  ['not below the bound', [said('real', 0.51)], 0.5],
  ['what was real outweighs what was none', [said('false_alarm', 2), said('real', 1.5)], 1.2],
])('when %s', (_, feedback, expected) => {
  expect(thresholdFactor(feedback)).toBeCloseTo(expected, 10);
});

test('it stays within its bounds, whatever is said', () => {
  fc.assert(
    fc.property(anyFeedback, (feedback) => {
      const factor = thresholdFactor(feedback);
      expect(factor).toBeGreaterThanOrEqual(factorBounds.least);
      expect(factor).toBeLessThanOrEqual(factorBounds.most);
    }),
  );
});

test('what is taken back leaves no trace, in whatever order things were said', () => {
  fc.assert(
    fc.property(anyFeedback, anyFeedback, fc.nat(), (kept, taken, seed) => {
      const all = [...kept, ...taken].map((each, i) => ({ each, key: (i * 7919 + seed) % 101 }));
      const shuffled = all.sort((a, b) => a.key - b.key).map(({ each }) => each);
      expect(thresholdFactor(shuffled)).toBe(thresholdFactor([...kept, ...taken]));
      expect(thresholdFactor(shuffled.filter((each) => !taken.includes(each)))).toBe(thresholdFactor(kept));
    }),
  );
});

test('a false alarm never makes a series more sensitive, nor something real less', () => {
  fc.assert(
    fc.property(anyFeedback, fc.double({ min: 0.5, max: 1000, noNaN: true }), (feedback, score) => {
      const before = thresholdFactor(feedback);
      expect(thresholdFactor([...feedback, said('false_alarm', score)])).toBeGreaterThanOrEqual(before);
      expect(thresholdFactor([...feedback, said('real', score)])).toBeLessThanOrEqual(before);
    }),
  );
});

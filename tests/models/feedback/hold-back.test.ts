import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type AnomalyShape,
  heldBackBy,
  type SeriesFeedback,
  thresholdFactor,
  verdicts,
} from '../../../models/feedback/hold-back.ts';

const hourMs = 3_600_000;
const shape = (rest: Partial<AnomalyShape> = {}): AnomalyShape => ({
  ...{ direction: 'above', score: 2, startMs: 1_000 * hourMs, durationMs: hourMs / 2 },
  ...rest,
});
const said = (
  verdict: SeriesFeedback['verdict'],
  rest: Partial<AnomalyShape> = {},
  id: string = verdict,
): SeriesFeedback => ({
  ...{ id, verdict },
  shape: shape(rest),
});

describe('after a false alarm', () => {
  test.each<[string, Partial<AnomalyShape>, boolean]>([
    ['the same at another time', { startMs: 1_030 * hourMs }, true],
    ['one that is a little worse', { score: 2.9 }, true],
    ['one that is much worse', { score: 3.1 }, false],
    ['one that lasts for hours', { durationMs: 3 * hourMs }, false],
    ['one that goes the other way', { direction: 'below' }, false],
  ])('%s', (_, rest, isHeldBack) => {
    expect(heldBackBy(shape(rest), [said('false_alarm')]) === 'false_alarm').toBe(isHeldBack);
  });
});

test('what is expected is held back at about its time of the week, and told at others', () => {
  const backup = [said('expected')];
  expect(heldBackBy(shape({ startMs: (1_000 + 168 * 3 + 1) * hourMs }), backup)).toBe('expected');
  expect(heldBackBy(shape({ startMs: (1_000 - 168 - 1.5) * hourMs }), backup)).toBe('expected');
  expect(heldBackBy(shape({ startMs: (1_000 + 24) * hourMs }), backup)).toBeUndefined();
});

test('the threshold of a series rises with each false alarm, within bounds, and never over what was real', () => {
  const alarms = (count: number) => Array.from({ length: count }, (_, i) => said('false_alarm', {}, `alarm ${i}`));
  expect(thresholdFactor([])).toBe(1);
  expect(thresholdFactor(alarms(2))).toBeCloseTo(1.3225, 10);
  expect(thresholdFactor(alarms(100))).toBe(3);
  expect(thresholdFactor([...alarms(100), said('real', { score: 2 })])).toBe(1.6);
  expect(thresholdFactor([...alarms(100), said('real', { score: 1.1 })])).toBe(1);
  expect(heldBackBy(shape({ direction: 'below', score: 1.3 }), alarms(2))).toBe('alarm 0');
});

const anyShape = fc.record({
  direction: fc.constantFrom('above' as const, 'below' as const),
  score: fc.double({ min: 1, max: 50, noNaN: true }),
  startMs: fc.nat(),
  durationMs: fc.nat(10 * hourMs),
});
const anyFeedback = fc.record({ id: fc.string(), verdict: fc.constantFrom(...verdicts), shape: anyShape });

test('nothing that is as bad as what a person called real is held back', () => {
  fc.assert(
    fc.property(
      fc.array(anyFeedback),
      anyShape,
      fc.double({ min: 1, max: 3, noNaN: true }),
      (feedback, real, factor) => {
        const worse = { ...real, score: real.score * factor };
        expect(heldBackBy(worse, [...feedback, { id: 'real', verdict: 'real', shape: real }])).toBeUndefined();
      },
    ),
  );
});

test('what is a thousand times worse than every false alarm is told', () => {
  fc.assert(
    fc.property(fc.array(anyFeedback), anyShape, (feedback, one) => {
      expect(heldBackBy({ ...one, score: 100_000 }, feedback)).toBeUndefined();
    }),
  );
});

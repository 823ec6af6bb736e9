import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnomalyShape, heldBackBy, type SeriesFeedback, verdicts } from '../../../models/feedback/hold-back.ts';

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
  ...{ id, verdict, at: 0 },
  shape: shape(rest),
});

describe('after a false alarm', () => {
  test.each<[string, Partial<AnomalyShape>, boolean]>([
    ['the same at another time', { startMs: 1_030 * hourMs }, true],
    ['one that is a little worse', { score: 2.9 }, true],
    ['one that is much worse', { score: 3.1 }, false],
    ['one that is worse and lasts for hours', { score: 2.5, durationMs: 3 * hourMs }, false],
    ['one that is worse and goes the other way', { score: 2.5, direction: 'below' }, false],
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

test('the raised threshold holds back what goes the other way too, in the name of the false alarm that raised it', () => {
  const alarms = [said('false_alarm', { score: 1.2 }, 'mild'), said('false_alarm', { score: 1.6 }, 'bad')];
  expect(heldBackBy(shape({ direction: 'below', score: 1.63 }), alarms)).toBe('bad');
  expect(heldBackBy(shape({ direction: 'below', score: 1.64 }), alarms)).toBeUndefined();
});

test('feedback speaks of what began in the thirty days before it and of all that follows', () => {
  const given = { ...said('false_alarm'), at: 1_000 * hourMs };
  expect(heldBackBy(shape({ startMs: (1_000 - 720) * hourMs }), [given])).toBe('false_alarm');
  expect(heldBackBy(shape({ startMs: (1_000 - 720) * hourMs - 1 }), [given])).toBeUndefined();
  expect(heldBackBy(shape({ startMs: 9_000 * hourMs }), [given])).toBe('false_alarm');
});

const anyShape = fc.record({
  direction: fc.constantFrom('above' as const, 'below' as const),
  score: fc.double({ min: 1, max: 50, noNaN: true }),
  startMs: fc.nat(),
  durationMs: fc.nat(10 * hourMs),
});
const anyFeedback = fc.record({
  id: fc.string(),
  verdict: fc.constantFrom(...verdicts),
  shape: anyShape,
  at: fc.nat(1e6),
});

test('nothing that is as bad as what a person called real is held back', () => {
  fc.assert(
    fc.property(
      fc.array(anyFeedback),
      anyShape,
      fc.double({ min: 1, max: 3, noNaN: true }),
      (feedback, real, factor) => {
        const worse = { ...real, score: real.score * factor };
        expect(heldBackBy(worse, [...feedback, { id: 'real', verdict: 'real', shape: real, at: 0 }])).toBeUndefined();
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

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerCapacity, type CapacityAnswer, type CapacityQuestion } from '../../../models/capacity/capacity.ts';
import { normalDraws } from '../../../models/capacity/normal-draws.ts';
import { dayMs, mondayMs } from '../synthetic.ts';

const days = 56;
const endMs = mondayMs + days * dayMs;

/** A question of days, whose history is `value` on each of them. */
function ask(value: (day: number) => number, rest: Partial<CapacityQuestion> = {}): CapacityQuestion {
  const values = Float64Array.from({ length: days }, (_, day) => value(day));
  return {
    history: { startMs: mondayMs, stepMs: dayMs, values },
    latest: values.at(-1)!,
    limit: 100,
    direction: 'above',
    horizon: 28,
    seasonLength: 7,
    withOutlook: false,
    ...rest,
  };
}

function answer(question: CapacityQuestion): CapacityAnswer {
  const result = answerCapacity(question);
  if (!result.ok) throw new Error(`${result.needed} needed, ${result.available} available`);
  return result;
}

/** Days from now. */
const daysLeft = (time: number | null) => (time === null ? null : (time - endMs) / dayMs);
const noise = (size: number, seed = 5) => {
  const draw = normalDraws(seed);
  return Array.from({ length: days }, () => size * draw());
};

describe('a limit that lies above', () => {
  test('is reached when a steady growth arrives there', () => {
    // 1 a day, 85 after the last day: 15 days are left.
    const result = answer(ask((day) => 30 + day));
    expect(daysLeft(result.reachedAt)).toBeCloseTo(15, 6);
    expect(result).toMatchObject({ passed: false, probability: 1, reason: null });
    expect(result.growthPerDay).toBeCloseTo(1, 9);
  });

  test('is reached between a low and a high date when growth is noisy', () => {
    const errors = noise(3);
    const result = answer(ask((day) => 30 + day + errors[day]!));
    const [low, middle, high] = [result.reachedAtLow, result.reachedAt, result.reachedAtHigh].map(daysLeft);
    expect(low).toBeGreaterThan(5);
    expect(middle).toBeGreaterThan(low!);
    expect(high).toBeGreaterThan(middle!);
    expect(high).toBeLessThan(25);
  });

  test('is reached by a growth that began a week ago', () => {
    const errors = noise(0.5);
    const result = answer(ask((day) => 40 + errors[day]! + 4 * Math.max(0, day - 47)));
    expect(daysLeft(result.reachedAt)).toBeGreaterThan(4);
    expect(daysLeft(result.reachedAt)).toBeLessThan(10);
  });

  test('is reached by a growth under the weekly swing, on a day on which the swing is high', () => {
    const swing = [0, 5, 10, 12, 8, -15, -20];
    const result = answer(ask((day) => 40 + 0.7 * day + swing[day % 7]!));
    // The highest day of the week is 12 above: 40 + 0.7 d + 12 = 100 at d = 68.6.
    expect(daysLeft(result.reachedAt)! + days - 1).toBeGreaterThan(64);
    expect(daysLeft(result.reachedAt)! + days - 1).toBeLessThan(74);
  });

  test('that growth reaches after the horizon has no date, and the reason says so', () => {
    const result = answer(ask((day) => 30 + 0.5 * day));
    expect(result).toMatchObject({ reachedAt: null, probability: 0, reason: 'beyond_horizon' });
  });

  test.each<[string, (day: number) => number, CapacityAnswer['reason']]>([
    ['stands still', () => 50, 'no_trend'],
    ['is noise', (day) => 50 + noise(5)[day]!, 'no_trend'],
    ['swings over the week', (day) => 50 + 20 * Math.sin((2 * Math.PI * day) / 7), 'no_trend'],
    ['stepped up, and stands still', (day) => (day < 40 ? 30 : 60), 'no_trend'],
    ['stepped up yesterday', (day) => (day < 55 ? 30 : 60), 'no_trend'],
    ['falls', (day) => 90 - day, 'moving_away'],
    ['is reset every five days at the same height', (day) => 10 + 15 * (day % 5), 'resets'],
    ['is reset at the same height, with noise', (day) => 10 + 15 * (day % 5) + noise(2)[day]!, 'resets'],
    ['is reset at heights that sink', (day) => (0.95 - day / 200) * 15 * (day % 8), 'resets'],
    ['spiked twice', (day) => (day === 20 || day === 40 ? 90 : 10), 'resets'],
  ])('is not reached by what %s', (_, value, reason) => {
    const result = answer(ask(value));
    expect(result).toMatchObject({ passed: false, reachedAt: null, reason });
    expect(result.probability).toBeLessThan(0.2);
  });

  test('is reached by teeth that grow, when one is high enough', () => {
    // Peaks of 60 + 2 a tooth of 4 days; the 14th ended on day 55, at 86: the 7th from there reaches 100.
    const result = answer(ask((day) => ((day % 4) + 1) * (15 + 0.5 * Math.floor(day / 4))));
    expect(daysLeft(result.reachedAt)).toBeGreaterThan(20);
    expect(daysLeft(result.reachedAt)).toBeLessThan(29);
    expect(result.reason).toBeNull();
  });

  test('is reached by what was reset often, and is no more', () => {
    const result = answer(ask((day) => (day < 36 ? 10 + 3 * (day % 6) : 10 + 3 * (day - 36))));
    expect(daysLeft(result.reachedAt)).toBeCloseTo(11, 0);
  });

  test('after one reset the growth counts from there', () => {
    const result = answer(ask((day) => (day < 40 ? 20 + 1.5 * day : 20 + 1.5 * (day - 40))));
    expect(result).toMatchObject({ reachedAt: null, reason: 'beyond_horizon' });
    expect(
      answer(ask((day) => (day < 40 ? 20 + 1.5 * day : 20 + 1.5 * (day - 40)), { horizon: 60 })).reachedAt,
    ).not.toBeNull();
  });

  test('that is passed already is answered as such, with the day since when', () => {
    const result = answer(ask((day) => 48 + day));
    expect(result).toMatchObject({ passed: true, probability: 1, reason: null, reachedAt: mondayMs + 52 * dayMs });
    expect([result.reachedAtLow, result.reachedAtHigh]).toEqual([result.reachedAt, result.reachedAt]);
  });
});

describe('a limit that lies below', () => {
  test('is reached when free disk runs out, and never below what cannot be', () => {
    const shrinking = ask((day) => 500 - 7 * day, { direction: 'below', limit: 10 });
    expect(daysLeft(answer(shrinking).reachedAt)).toBeCloseTo((500 - 7 * 55 - 10) / 7, 6);
    expect(answer({ ...shrinking, limit: -1 })).toMatchObject({ reachedAt: null, probability: 0 });
  });

  test('is the mirror of one above', () => {
    const errors = noise(3);
    const up = ask((day) => 30 + day + errors[day]!);
    const values = up.history.values.map((value) => 1000 - value);
    const down = { ...up, history: { ...up.history, values }, latest: 1000 - up.latest, limit: 900 };
    const [above, below] = [answer(up), answer({ ...down, direction: 'below' })];
    expect(below.reachedAt! - above.reachedAt!).toBeCloseTo(0, -3);
    expect(below.growthPerDay).toBeCloseTo(-above.growthPerDay, 9);
  });
});

describe('too little history', () => {
  test.each([
    [28, 7, 8],
    [90, 22, 23],
  ])('for %i days ahead %i days are too few, and the answer says that %i are needed', (horizon, available, needed) => {
    const question = ask((day) => (day >= days - available ? day : Number.NaN), { horizon });
    expect(answerCapacity(question)).toEqual({ ok: false, reason: 'insufficient_history', needed, available });
    expect(answerCapacity(ask((day) => (day >= days - needed ? day : Number.NaN), { horizon })).ok).toBe(true);
  });

  test('or none at all: a limit that is passed is passed all the same', () => {
    expect(answerCapacity(ask(() => Number.NaN, { latest: Number.NaN }))).toMatchObject({ ok: false, available: 0 });
    expect(answerCapacity(ask((day) => (day > 53 ? 200 : Number.NaN)))).toMatchObject({ passed: true });
  });
});

describe('of any series', () => {
  const values = fc.array(
    fc.oneof(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.constantFrom(Number.NaN, Infinity, -Infinity)),
    {
      minLength: 8,
      maxLength: 60,
    },
  );
  const limits = fc.tuple(
    fc.double({ min: -2e6, max: 2e6, noNaN: true }),
    fc.double({ min: 0, max: 1e6, noNaN: true }),
  );
  const question = (cells: readonly number[], limit: number, direction: 'above' | 'below'): CapacityQuestion => ({
    history: { startMs: 0, stepMs: dayMs, values: Float64Array.from(cells) },
    latest: cells.findLast((cell) => Number.isFinite(cell)) ?? Number.NaN,
    ...{ limit, direction, horizon: 30, seasonLength: 7, withOutlook: true },
  });
  const never = Number.POSITIVE_INFINITY;

  test.each(['above', 'below'] as const)(
    'a limit farther %s is never reached earlier, nor more likely',
    (direction) => {
      fc.assert(
        fc.property(values, limits, (cells, [limit, more]) => {
          const near = answerCapacity(question(cells, limit, direction));
          const far = answerCapacity(question(cells, direction === 'above' ? limit + more : limit - more, direction));
          if (!near.ok || !far.ok) return;
          for (const name of ['reachedAt', 'reachedAtLow', 'reachedAtHigh'] as const)
            expect(far[name] ?? never).toBeGreaterThanOrEqual(near[name] ?? never);
          expect(far.probability).toBeLessThanOrEqual(near.probability);
        }),
        { numRuns: 150 },
      );
    },
  );

  test('low <= middle <= high, a date goes with its probability, and the outlook is finite and ordered', () => {
    fc.assert(
      fc.property(values, limits, fc.constantFrom('above' as const, 'below' as const), (cells, [limit], direction) => {
        const result = answerCapacity(question(cells, limit, direction));
        if (!result.ok) return;
        const { reachedAtLow, reachedAt, reachedAtHigh, probability, outlook } = result;
        expect(reachedAtLow ?? never).toBeLessThanOrEqual(reachedAt ?? never);
        expect(reachedAt ?? never).toBeLessThanOrEqual(reachedAtHigh ?? never);
        expect([reachedAtLow !== null, reachedAt !== null, reachedAtHigh !== null]).toEqual(
          [0.1, 0.5, 0.9].map((share) => probability >= share),
        );
        expect(result.reason === null).toBe(reachedAt !== null);
        for (let h = 0; h < 30; h++) {
          expect(outlook!.low[h]).toBeLessThanOrEqual(outlook!.middle[h]!);
          expect(outlook!.middle[h]).toBeLessThanOrEqual(outlook!.high[h]!);
          expect(Math.abs(outlook!.middle[h]!)).toBeLessThan(1e12);
        }
      }),
      { numRuns: 150 },
    );
  });
});

test('four of five true dates lie between the low and the high one, of growth that goes on as it was', () => {
  const draw = normalDraws(11);
  let held = 0;
  let asked = 0;
  for (let trial = 0; trial < 120; trial++) {
    const [slope, passing, staying] = [0.4 + 0.8 * Math.abs(draw()), 2, [0, 0.5, 1][trial % 3]!];
    let level = 40;
    const all = Array.from({ length: days + 60 }, () => {
      level += slope + staying * draw();
      return level + passing * draw();
    });
    const limit = all[days - 1]! + 15;
    const truth = all.findIndex((value, day) => day >= days && value >= limit) - days;
    const result = answer(ask((day) => all[day]!, { limit, horizon: 60, seasonLength: 1 }));
    if (truth < 0 || result.reachedAtHigh === null || result.reachedAtLow === null) continue;
    asked++;
    if (daysLeft(result.reachedAtLow)! <= truth + 1 && truth <= daysLeft(result.reachedAtHigh)!) held++;
  }
  expect(asked).toBeGreaterThan(80);
  expect(held / asked).toBeGreaterThan(0.72);
});

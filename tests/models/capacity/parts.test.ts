import { describe, expect, test } from 'vitest';
import { fitGrowth } from '../../../models/capacity/growth.ts';
import { findJumps, removeJumps } from '../../../models/capacity/level-jumps.ts';
import { normalDraws } from '../../../models/capacity/normal-draws.ts';
import { seasonalProfile } from '../../../models/capacity/seasonal-profile.ts';
import { theilSenSlope } from '../../../models/capacity/theil-sen.ts';
import { mean } from '../../../models/statistics/mean.ts';
import { standardDeviation } from '../../../models/statistics/standard-deviation.ts';

const series = (length: number, value: (t: number) => number) => Float64Array.from({ length }, (_, t) => value(t));

test('the slope of a line is found under a wild value, and nothing has no slope', () => {
  expect(theilSenSlope([0, 2, 4, 100, 8, 10])).toBe(2);
  expect(theilSenSlope([1, Number.NaN, 3])).toBe(1);
  expect([theilSenSlope([]), theilSenSlope([5])]).toEqual([0, 0]);
});

describe('a seasonal profile', () => {
  test('is what each phase adds, on whatever trend', () => {
    const profile = seasonalProfile(
      series(28, (t) => 3 * t + [1, -1, 2, -2][t % 4]!),
      4,
    );
    for (const [phase, added] of [1, -1, 2, -2].entries()) expect(profile[phase]).toBeCloseTo(added, 0);
  });
  test('is none where nothing repeats, or too few seasons were seen', () => {
    const draw = normalDraws(3);
    expect([...seasonalProfile(series(40, draw), 4)]).toEqual([0, 0, 0, 0]);
    expect([
      ...seasonalProfile(
        series(11, (t) => t % 4),
        4,
      ),
    ]).toEqual([0, 0, 0, 0]);
    expect([...seasonalProfile(series(40, draw), 1)]).toEqual([0]);
  });
});

describe('jumps', () => {
  test('are told from growth, and removed, whichever way they go', () => {
    const values = series(20, (t) => t + (t >= 8 ? 50 : 0) - (t >= 14 ? 90 : 0));
    const jumps = findJumps(values);
    expect(jumps).toEqual([
      { at: 8, size: 50 },
      { at: 14, size: -90 },
    ]);
    const smooth = removeJumps(values, jumps);
    expect([smooth[19]! - smooth[0]!, smooth[19]]).toEqual([19, values[19]]);
  });
  test('are not the steps of a growth that doubles, nor noise, nor nothing', () => {
    const draw = normalDraws(4);
    expect(findJumps(series(12, (t) => 2 ** t))).toEqual([]);
    expect(findJumps(series(60, draw))).toEqual([]);
    expect(findJumps(series(60, () => 5))).toEqual([]);
  });
});

test('growth is taken apart into its level, its drift, what stays and what passes', () => {
  const draw = normalDraws(6);
  const fits = Array.from({ length: 60 }, () => {
    let level = 0;
    const grown = series(100, () => {
      level += 1 + 0.5 * draw();
      return level + 2 * draw();
    });
    return fitGrowth(grown);
  });
  expect(mean(fits.map(({ drift }) => drift))).toBeCloseTo(1, 0);
  expect(mean(fits.map(({ passing }) => passing))).toBeCloseTo(2, 0);
  expect(mean(fits.map(({ staying }) => staying))).toBeCloseTo(0.5, 0);
});

test('normal draws are standard normal, and the same for the same seed', () => {
  const draw = normalDraws(8);
  const drawn = series(20_000, draw);
  expect(mean(drawn)).toBeCloseTo(0, 1);
  expect(standardDeviation(drawn)).toBeCloseTo(1, 1);
  expect(normalDraws(8)()).toBe(drawn[0]);
});

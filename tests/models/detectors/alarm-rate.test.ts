import { describe, expect, test } from 'vitest';
import { composite } from '../../../models/detectors/composite.ts';
import { newState } from '../../../models/detectors/detector.ts';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';
import { dayMs, gaussian, hourMs, minuteMs, mondayMs } from '../synthetic.ts';

const weeks = 4;
const stepMs = 15 * minuteMs;
const perWeek = (7 * dayMs) / stepMs;
const seriesOfAKind = 22;
const alarmsPerSeriesPerWeek = 0.5;
const tolerance = 1.3;

type Values = (timeMs: number) => number;

function autoregressive(seed: number): Values {
  const normal = gaussian(seed);
  let deviation = 0;
  return () => {
    deviation = 0.95 * deviation + normal();
    return 100 + deviation;
  };
}

/** Office hours: a bell every day, flat on weekends. */
function office(seed: number): Values {
  const normal = gaussian(seed);
  return (timeMs) => {
    const isWeekend = Math.floor((timeMs - mondayMs) / dayMs) % 7 >= 5;
    const fromNoon = (timeMs % dayMs) / hourMs - 13;
    return (20 + (isWeekend ? 15 : 60) * Math.exp(-0.5 * (fromNoon / 3) ** 2)) * (1 + 0.05 * normal());
  };
}

function poisson(mean: number, random: () => number): number {
  let [events, left] = [0, random()];
  while (left > Math.exp(-mean)) {
    left *= random();
    events++;
  }
  return events;
}

/** Alarms a series in each of the first weeks. */
function rateByWeek(kind: (seed: number) => Values): number[] {
  const alarms = new Array<number>(weeks).fill(0);
  for (let series = 0; series < seriesOfAKind; series++) {
    const state = newState(composite);
    const value = kind(1000 + 13 * series);
    const startMs = mondayMs + (series % 7) * dayMs;
    for (let i = 0; i < weeks * perWeek; i++) {
      const timeMs = startMs + i * stepMs;
      const { score } = composite.update(state, timeMs, value(timeMs), { alarmsPerSeriesPerWeek });
      if (score > 1) alarms[Math.floor(i / perWeek)]! += 1 / seriesOfAKind;
    }
  }
  return alarms;
}

const withNormal = (value: (normal: () => number, timeMs: number) => number) => (seed: number) => {
  const normal = gaussian(seed);
  return (timeMs: number) => value(normal, timeMs);
};
const withRandom = (value: (random: () => number) => number) => (seed: number) => {
  const random = seededRandom(seed);
  return () => value(random);
};

describe('while nothing is wrong, a series alarms from its first week on no more often than the setting says', () => {
  test.each<[string, (seed: number) => Values]>([
    ['normal noise', withNormal((normal) => 100 + 10 * normal())],
    ['heavy tails (lognormal)', withNormal((normal) => Math.exp(normal()))],
    ['waiting times (exponential)', withRandom((random) => -Math.log(1 - random()))],
    ['counts', withRandom((random) => poisson(6, random))],
    ['noise that follows itself', autoregressive],
    ['a day that swings', withNormal((n, t) => (100 + 40 * Math.sin((2 * Math.PI * t) / dayMs)) * (1 + 0.05 * n()))],
    ['a day and a week', office],
    ['a coin', withRandom((random) => Number(random() < 0.5))],
    ['a one in twenty among zeros', withRandom((random) => Number(random() < 0.05))],
    ['something now and then', withRandom((random) => (random() < 0.1 ? -50 * Math.log(1 - random()) : 0))],
  ])('%s', (_name, kind) => {
    const rates = rateByWeek(kind);
    expect(rates[0]).toBeLessThanOrEqual(tolerance * alarmsPerSeriesPerWeek);
    expect(rates.reduce((sum, rate) => sum + rate, 0) / weeks).toBeLessThanOrEqual(tolerance * alarmsPerSeriesPerWeek);
  });
});

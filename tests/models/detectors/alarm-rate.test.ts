import { describe, expect, test } from 'vitest';
import { composite } from '../../../models/detectors/composite.ts';
import { newState } from '../../../models/detectors/detector.ts';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';
import { dayMs, gaussian, hourMs, minuteMs, mondayMs } from '../synthetic.ts';

const month = 4;
const stepMs = 15 * minuteMs;
const perHour = hourMs / stepMs;
const perWeek = (7 * dayMs) / stepMs;
const tolerance = 1.3;

type Values = (timeMs: number) => number;
type Kind = [string, (seed: number) => Values];

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

/** A level that is another one every two days or so. */
function jumpingLevel(seed: number): Values {
  const random = seededRandom(seed);
  const normal = gaussian(seed + 7);
  let level = 100;
  return () => {
    if (random() < 1 / (48 * perHour)) level = 50 + 100 * random();
    return level + 2 * normal();
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

const withNormal = (value: (normal: () => number, timeMs: number) => number) => (seed: number) => {
  const normal = gaussian(seed);
  return (timeMs: number) => value(normal, timeMs);
};
const withRandom = (value: (random: () => number) => number) => (seed: number) => {
  const random = seededRandom(seed);
  return () => value(random);
};
const withBoth = (value: (random: () => number, normal: () => number) => number) => (seed: number) => {
  const random = seededRandom(seed);
  const normal = gaussian(seed + 7);
  return () => value(random, normal);
};

const even: Kind[] = [
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
];

/** What is healthy in them cannot be told from trouble until it has been seen: the first of it is told. */
const surprising: Kind[] = [
  ['heavier tails (Student, 3 degrees)', withNormal((normal) => normal() / Math.hypot(normal(), normal(), normal()))],
  ['a spike of any height every day', withBoth((r, n) => (r() < 0.01 ? 100 * r() : 1 + 0.01 * n()))],
  ['a spike of any height now and then', withBoth((r, n) => (r() < 0.002 ? 100 * r() : 10 + n()))],
  ['a ratio that drops to 0 once or twice a week', withRandom((r) => (r() < 1.5 / perWeek ? 0 : 1))],
];

/** Alarms a week of a series of a kind, in its first week, its first month and its second. */
function ratesOf(kind: (seed: number) => Values, alarmsPerSeriesPerWeek: number, seriesOfAKind: number, months = 1) {
  const rates = { firstWeek: 0, firstMonth: 0, secondMonth: 0 };
  for (let series = 0; series < seriesOfAKind; series++) {
    const state = newState(composite);
    const value = kind(1000 + 13 * series);
    const startMs = mondayMs + (series % 7) * dayMs;
    for (let i = 0; i < months * month * perWeek; i++) {
      const timeMs = startMs + i * stepMs;
      const { score } = composite.update(state, timeMs, value(timeMs), { alarmsPerSeriesPerWeek });
      if (score <= 1) continue;
      if (i < perWeek) rates.firstWeek += 1 / seriesOfAKind;
      rates[i < month * perWeek ? 'firstMonth' : 'secondMonth'] += 1 / month / seriesOfAKind;
    }
  }
  return rates;
}

describe.each([0.2, 0.5, 2])(
  'while nothing is wrong, a series alarms no more often than %d times a week',
  (setting) => {
    test.each(even)('from its first week on: %s', (_name, kind) => {
      const { firstWeek, firstMonth } = ratesOf(kind, setting, 20);
      expect(firstWeek).toBeLessThanOrEqual(tolerance * setting);
      expect(firstMonth).toBeLessThanOrEqual(tolerance * setting);
    });

    test.each(surprising)('but for the first of its kind: %s', (_name, kind) => {
      const { firstMonth, secondMonth } = ratesOf(kind, setting, 30, 2);
      expect(firstMonth).toBeLessThanOrEqual(setting + 1 / month);
      expect(secondMonth).toBeLessThanOrEqual(Math.max(tolerance * setting, setting + 0.15));
    });
  },
);

test.each([
  [0.2, 1],
  [0.5, 1.5],
  [2, 2.2],
])(
  'a level that jumps every other day is a habit after its first month, at %d alarms a week',
  (setting, inFirstMonth) => {
    const { firstMonth, secondMonth } = ratesOf(jumpingLevel, setting, 30, 2);
    expect(firstMonth).toBeLessThanOrEqual(inFirstMonth);
    expect(secondMonth).toBeLessThanOrEqual(Math.max(tolerance * setting, setting + 0.2));
  },
);

test('the setting is what sets the rate: of tails that have no end, the more are told the more may be', () => {
  const [, student] = surprising[0]!;
  const rates = [0.2, 0.5, 2].map((setting) => ratesOf(student, setting, 30).firstMonth);
  expect(rates[1]!).toBeGreaterThan(1.5 * rates[0]!);
  expect(rates[2]!).toBeGreaterThan(1.5 * rates[1]!);
});

import { expect, test } from 'vitest';
import type { Forecast } from '../../console/api-types.ts';
import { seriesChart } from '../../console/series-chart.ts';

const hour = 3_600_000;
const minute = 60_000;
const issued = Date.UTC(2026, 10, 22, 12);

const series = {
  id: '1',
  metric: 'tasks_finished_total',
  labels: { agent: 'a' },
  unit: '',
  aggregation: 'avg',
  firstTime: new Date(issued - 24 * hour).toISOString(),
  lastTime: new Date(issued).toISOString(),
};
const points = {
  stepSeconds: 60,
  times: [issued - 2 * minute, issued - minute],
  values: [4, 2],
};
const forecast: Forecast = {
  ...series,
  seriesId: '1',
  forecaster: 'seasonal-naive',
  mase: 0.8,
  issuedAt: new Date(issued).toISOString(),
  source: 'stored',
  chosen: true,
  stepSeconds: 3600,
  times: [issued, issued + hour, issued + 2 * hour],
  mean: [120, 240, 360],
  levels: [0.025, 0.1, 0.5, 0.9, 0.975],
  ...{ naiveMase: 1, testedSteps: 3, folds: 1, members: [] },
  quantiles: [60, 90, 120, 150, 180].map((value) => [value, value * 2, value * 3]),
};
const input = {
  series,
  points,
  forecast,
  anomalies: [],
  range: [issued - hour, issued] as const,
  maxAheadMs: 2 * hour,
};

test('an hourly forecast of counts stands in the middle of its hour, as counts a minute', () => {
  const { tables } = seriesChart({ ...input, series: { ...series, aggregation: 'sum' } });
  const ahead = tables.at(-1)!;
  const middle = 29.5 * minute;
  expect(ahead.times).toEqual([issued + middle, issued + hour + middle]);
  expect(ahead.columns).toEqual([
    [1, 2],
    [1.5, 3],
    [2, 4],
    [2.5, 5],
    [3, 6],
  ]);
});

test('a forecast of means is not scaled, and begins at the last point', () => {
  const { tables } = seriesChart(input);
  expect(tables.at(-1)!.columns[2]).toEqual([2, 120, 240]);
});

test('the bands are named for what lies inside them, and the chart says its end in words', () => {
  const { bands, label, range } = seriesChart(input);
  expect(bands).toEqual([
    { name: '95 %', lower: 1, upper: 5, color: '--forecast-outer' },
    { name: '80 %', lower: 2, upper: 4, color: '--forecast-inner' },
  ]);
  expect(label).toMatch(/: 240, with 95 % between 120 and 360\./);
  expect(range[1]).toBe(issued + hour + 29.5 * minute);
});

test('an open anomaly is shaded up to the end of what is shown', () => {
  const startedAt = new Date(issued - 5 * minute).toISOString();
  const anomaly = { startedAt, endedAt: null } as Parameters<typeof seriesChart>[0]['anomalies'][number];
  expect(seriesChart({ ...input, anomalies: [anomaly] }).spans).toEqual([{ from: issued - 5 * minute, to: issued }]);
});

test('accepted levels are marked in the order of time, with both levels in words', () => {
  const shift = (hoursAgo: number, fromLevel: number | null) => ({
    acceptedAt: new Date(issued - hoursAgo * hour).toISOString(),
    ...{ fromLevel, toLevel: 20 },
  });
  expect(seriesChart({ ...input, shifts: [shift(1, null), shift(2, 10)] }).shifts).toEqual([
    { timeMs: issued - 2 * hour, text: '10 \u2192 20' },
    { timeMs: issued - hour, text: '\u2013 \u2192 20' },
  ]);
});

test('a minute without an event counts 0, and the minute that is not over is left out', () => {
  const counts = { ...points, times: [issued - 3 * minute, issued - minute, issued], values: [4, 2, 1] };
  const { tables } = seriesChart({ ...input, points: counts, series: { ...series, aggregation: 'sum' } });
  expect(tables[0]).toEqual({
    times: [issued - 3 * minute, issued - 2 * minute, issued - minute],
    columns: [[4, 0, 2]],
  });
});

test('what was before the first sample is not shown as if it had been silent', () => {
  const firstTime = new Date(issued - 10 * minute).toISOString();
  expect(seriesChart({ ...input, series: { ...series, firstTime } }).range[0]).toBe(issued - 10 * minute);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  displayUnit,
  formatAge,
  formatBytes,
  formatClock,
  formatNumber,
  formatRatio,
  formatSeconds,
  formatTick,
  formatTime,
  formatUtc,
  formatValue,
  formatZone,
  unitName,
} from '../../console/format.ts';

/** The expected texts are written with plain spaces and hyphens. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ').replaceAll('\u2212', '-');
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('numbers', () => {
  test.each([
    [0, '0'],
    [-0.5, '-0.5'],
    [1234.56, '1,235'],
    [99_999, '100,000'],
    [2_500_000, '2.5 M'],
    [999_999_999, '1 G'],
    [0.000012, '1.20e-5'],
    [Number.NaN, '\u2013'],
    [null, '\u2013'],
  ])('%s is shown as %s', (value, text) => {
    expect(plain(formatNumber(value))).toBe(text);
  });

  test('any number stays short enough for an axis', () => {
    fc.assert(
      fc.property(
        finite.filter((value) => Math.abs(value) < 1e21),
        (value) => formatNumber(value).length <= 10,
      ),
    );
  });

  test('a value and its negative differ in the sign only', () => {
    fc.assert(
      fc.property(
        finite.filter((value) => value > 0),
        (value) => formatNumber(-value) === `\u2212${formatNumber(value)}`,
      ),
    );
  });
});

describe('units', () => {
  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [999_960, '1 MB'],
    [2_300_000_000, '2.3 GB'],
  ])('%s bytes are shown with SI prefixes as %s', (bytes, text) => {
    expect(plain(formatBytes(bytes))).toBe(text);
  });

  test.each([
    [0, '0 s'],
    [2.5e-9, '2.5 ns'],
    [0.0000123, '12.3 \u00b5s'],
    [0.0123, '12.3 ms'],
    [0.99999, '1 s'],
    [59.5, '59.5 s'],
    [59.99, '1 min'],
    [3725, '1 h 2 min'],
    [90_000, '1 d 1 h'],
    [-61, '-1 min 1 s'],
  ])('%s seconds are shown as %s', (seconds, text) => {
    expect(plain(formatSeconds(seconds))).toBe(text);
  });

  test.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.5, '50 %'],
    [0.9995, '99.95 %'],
    [0.99996, '99.996 %'],
    [-0.25, '-25 %'],
    [1.5, '150 %'],
  ])('a ratio of %s is shown as %s', (ratio, text) => {
    expect(plain(formatRatio(ratio))).toBe(text);
  });

  test('a share that is not whole is never shown as 0 % or 100 %', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-7, max: 1 - 1e-7, noNaN: true }), (ratio) => {
        expect(['0 %', '100 %']).not.toContain(plain(formatRatio(ratio)));
      }),
    );
  });

  test('the unit of the samples goes before the one in the name of the metric', () => {
    expect(displayUnit('memory_used_bytes', '')).toBe('By');
    expect(displayUnit('memory_used_bytes', 'MBy')).toBe('MBy');
    expect(displayUnit('task_duration_seconds', '')).toBe('s');
    expect(displayUnit('cpu_used_ratio', '1')).toBe('ratio');
    expect(displayUnit('tasks_finished_total', '')).toBe('');
  });

  test.each([
    [2e9, 'By', '2 GB'],
    [2e6, 'By/s', '2 MB/s'],
    [1500, 'ms', '1.5 s'],
    [12, '{request}', '12 request'],
    [12, '1', '12'],
    [0.42, 'ratio', '42 %'],
    [3, 'Cel', '3 Cel'],
    [9.1, '1/min', '9.1/min'],
  ])('%s in %s is shown as %s', (value, unit, text) => {
    expect(plain(formatValue(value, unit))).toBe(text);
  });
});

test.each([
  ['By', 'bytes'],
  ['By/s', 'bytes per s'],
  ['1/min', 'per min'],
  ['{request}', 'request'],
  ['1', ''],
  ['', ''],
  ['ratio', 'ratio'],
])('the unit %j is called %j', (unit, name) => {
  expect(unitName(unit)).toBe(name);
});

describe('times', () => {
  // 2026-11-22 23:04:05 UTC, the day after in Berlin.
  const time = Date.UTC(2026, 10, 22, 23, 4, 5);

  test('they are shown in the zone that is asked for, and in UTC for the title', () => {
    expect(formatTime(time, 'UTC')).toBe('22 Nov, 23:04');
    expect(formatTime(time, 'Europe/Berlin')).toBe('23 Nov, 00:04');
    expect(formatClock(time, 'Europe/Berlin')).toBe('00:04:05');
    expect(formatUtc(time)).toBe('2026-11-22 23:04:05 UTC');
  });

  test('the zone is named as it is at that time', () => {
    expect(formatZone(time, 'UTC')).toBe('UTC');
    expect(formatZone(time, 'Europe/Berlin')).toBe('CET');
    expect(formatZone(Date.UTC(2026, 6, 1), 'America/New_York')).toBe('GMT-4');
  });

  test('a tick says the date at midnight of the reader and the time of day elsewhere', () => {
    expect(formatTick(Date.UTC(2026, 10, 22, 23), 3600, 'Europe/Berlin')).toBe('23 Nov');
    expect(formatTick(Date.UTC(2026, 10, 22, 23), 3600, 'UTC')).toBe('23:00');
    expect(formatTick(Date.UTC(2026, 10, 22, 12), 86_400, 'UTC')).toBe('22 Nov');
  });

  test.each([
    [0, 'now'],
    [-5, 'now'],
    [59.9, '59 s ago'],
    [60, '1 min ago'],
    [7199, '1 h ago'],
    [200_000, '2 d ago'],
  ])('an age of %s seconds is shown as %s', (seconds, text) => {
    expect(plain(formatAge(seconds))).toBe(text);
  });
});

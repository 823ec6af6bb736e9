import { expect, test } from 'vitest';
import { sparklinePath } from '../../console/sparkline.ts';

const range = [0, 240] as const;

test('a line goes from the lowest value at the bottom to the highest at the top', () => {
  expect(sparklinePath([0, 120, 240], [1, 2, 3], range)).toBe('M0.0 37.0h.01L120.0 20.0L240.0 3.0');
});

test('the line is broken where samples are missing, and a sample that stands alone is a dot', () => {
  const path = sparklinePath([0, 10, 20, 30, 200], [1, 1, 1, 1, 1], range);
  expect(path.match(/M/g)).toHaveLength(2);
  expect(path).toMatch(/M200\.0 20\.0h\.01$/);
});

test('of more points than can be seen, parts are averaged', () => {
  const times = Array.from({ length: 2400 }, (_, i) => i / 10);
  const path = sparklinePath(times, times, range);
  expect(path.match(/[ML]/g)).toHaveLength(160);
});

test('nothing is drawn of nothing', () => {
  expect(sparklinePath([], [], range)).toBe('');
});

import { describe, expect, test } from 'vitest';
import { linePath } from '../../console/capacity-chart.ts';
import { readInquiry } from '../../console/capacity-form.ts';
import { parseRoute } from '../../console/route.ts';

test('a line is broken where there is nothing', () => {
  const x = (i: number) => i;
  const y = (value: number) => value;
  expect(linePath([1, 2, null, 3], x, y)).toBe('M0.0 1.0L1.0 2.0M3.0 3.0');
  expect(linePath([null], x, y)).toBe('');
});

describe('the question of the capacity page', () => {
  test('is what its address says', () => {
    const route = parseRoute('#/capacity?metric=disk_used&limit=90&direction=below&by=type&days=90');
    expect(readInquiry(route)).toEqual({ metric: 'disk_used', limit: '90', direction: 'below', by: 'type', horizonDays: 90 }); // biome-ignore format: one line
  });
  test('has defaults for what the address does not say, or says wrongly', () => {
    const defaults = { metric: '', limit: '', direction: 'above', by: 'series', horizonDays: 30 };
    expect(readInquiry(parseRoute('#/capacity'))).toEqual(defaults);
    expect(readInquiry(parseRoute('#/capacity?direction=up&by=planet&days=1000'))).toEqual(defaults);
  });
});

import { expect, test } from 'vitest';
import { tickSteps } from '../../console/tick-steps.ts';

test('durations are ticked at minutes, quarters of an hour and hours, in milliseconds alike', () => {
  const seconds = tickSteps('s')!;
  expect(seconds.filter((step) => step >= 60 && step <= 3600)).toEqual([60, 120, 300, 600, 900, 1800, 3600]);
  expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
  expect(tickSteps('ms')).toEqual(seconds.map((step) => step * 1000));
});

test('other units keep the steps of the chart', () => {
  expect(tickSteps('By')).toBeUndefined();
});

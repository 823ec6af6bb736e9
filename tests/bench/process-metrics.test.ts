import { expect, test } from 'vitest';
import { readMetric } from '../../bench/measures/process-metrics.ts';

const text = '# HELP a_seconds A.\n# TYPE a_seconds gauge\na_seconds 0.25\na_seconds_total{kind="x"} 7 1700000000000\n';

test('a metric is found by its whole name and labels, and a missing one is an error unless a default is given', () => {
  expect(readMetric(text, 'a_seconds')).toBe(0.25);
  expect(readMetric(text, 'a_seconds_total{kind="x"}')).toBe(7);
  expect(readMetric(text, 'a_seconds_total{kind="y"}', 0)).toBe(0);
  expect(() => readMetric(text, 'a')).toThrow('/metrics has no a');
});

import { expect, test } from 'vitest';
import type { AgentSeries } from '../../analytics/agent-series.ts';
import { nearestPeers } from '../../analytics/peer-band.ts';

const one = (id: number, rest: Partial<AgentSeries> = {}): AgentSeries => ({
  ...{ id: `${id}`, agent: `agent-${id}`, type: 'crawler', version: '1', role: '', metric: 'load', dimension: 'load' },
  ...rest,
});

test('of a cohort of any size the series itself comes first, then its version and role, its role, its type', () => {
  const own = one(50);
  const series = [one(1, { role: 'night' }), one(2, { version: '2' }), one(900), one(30), own];
  const others = [one(3, { type: 'indexer' }), one(4, { dimension: 'load{queue=a}' })];
  expect(nearestPeers([...series, ...others], own, 10).map(({ id }) => id)).toEqual(['50', '30', '900', '2', '1']);
});

test('of ten thousand alike the sample is bounded, has the series itself and is the same in whatever order they come', () => {
  const series = Array.from({ length: 10_000 }, (_, i) => one(i * 7919));
  const own = series[5000]!;
  const sample = nearestPeers(series, own, 200);
  expect(sample).toHaveLength(200);
  expect(sample[0]).toBe(own);
  expect(nearestPeers(series.toReversed(), own, 200)).toEqual(sample);
});

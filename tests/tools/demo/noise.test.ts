import { describe, expect, it } from 'vitest';
import { mean } from '../../../models/statistics/mean.ts';
import { driftAt, normalAt, seedOf, uniformAt } from '../../../tools/demo/noise.ts';

const places = Array.from({ length: 20_000 }, (_, i) => 1_795_000_000_000 + i * 60_000);
const seed = seedOf('test');

describe('noise', () => {
  it('is the same for the same seed and place, and another for another', () => {
    expect(uniformAt(seed, places[0]!)).toBe(uniformAt(seed, places[0]!));
    expect(uniformAt(seed, places[0]!)).not.toBe(uniformAt(seed, places[1]!));
    expect(uniformAt(seed, places[0]!)).not.toBe(uniformAt(seedOf('other'), places[0]!));
  });

  // Standard errors over 20,000 draws: 0.002 (uniform mean), 0.007 (normal mean), 0.01 (normal variance).
  it('is uniform, and normal, as it says', () => {
    const uniform = places.map((place) => uniformAt(seed, place));
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(mean(uniform)).toBeCloseTo(0.5, 1);
    const normal = places.map((place) => normalAt(seed, place));
    expect(Math.abs(mean(normal))).toBeLessThan(0.03);
    expect(Math.abs(mean(normal.map((value) => value ** 2)) - 1)).toBeLessThan(0.05);
  });

  it('does not repeat from place to place', () => {
    const normal = places.map((place) => normalAt(seed, place));
    const products = normal.slice(1).map((value, i) => value * normal[i]!);
    expect(Math.abs(mean(products))).toBeLessThan(0.03);
  });

  it('drifts without jumps, through its own values at whole positions', () => {
    expect(driftAt(seed, 7)).toBe(normalAt(seed, 7));
    for (let position = 0; position < 50; position += 0.01) {
      expect(Math.abs(driftAt(seed, position + 0.01) - driftAt(seed, position))).toBeLessThan(0.15);
    }
  });
});

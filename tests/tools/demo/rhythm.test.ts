import { describe, expect, it } from 'vitest';
import { activityAt } from '../../../tools/demo/rhythm.ts';

const monday = Date.UTC(2026, 5, 1);
const hour = (n: number) => monday + n * 3_600_000;
const saturday = 5 * 24;

describe('activityAt', () => {
  it('is high in office hours and low at night, or the other way round', () => {
    expect(activityAt('office', hour(13))).toBeCloseTo(1);
    expect(activityAt('office', hour(1))).toBeLessThan(0.1);
    expect(activityAt('nightly', hour(2))).toBeCloseTo(1);
    expect(activityAt('nightly', hour(14))).toBeLessThan(0.1);
  });

  it('repeats each week and is lower on a weekend', () => {
    expect(activityAt('office', hour(13 + 168))).toBe(activityAt('office', hour(13)));
    expect(activityAt('office', hour(saturday + 13))).toBeLessThan(0.5);
  });

  it.each(['office', 'nightly', 'steady'] as const)('%s stays between 0 and 1 and never jumps', (rhythm) => {
    for (let minute = 0; minute < 7 * 1440; minute += 5) {
      const now = activityAt(rhythm, hour(minute / 60));
      const next = activityAt(rhythm, hour((minute + 5) / 60));
      expect(now).toBeGreaterThan(0);
      expect(now).toBeLessThanOrEqual(1);
      expect(Math.abs(next - now)).toBeLessThan(0.03);
    }
  });
});

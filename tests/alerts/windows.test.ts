import { describe, expect, it } from 'vitest';
import { burnRateFactor, burnRatePolicy } from '../../alerts/windows.ts';
import { burnWindowSeconds } from '../../telemetry/names.ts';

describe('burnRatePolicy', () => {
  it('gives the factors that the SRE workbook prints for 30 days (chapter 5, section 6)', () => {
    const table = burnRatePolicy.map((pair) => [pair.severity, burnRateFactor(pair), pair.long, pair.short]);
    expect(table).toEqual([
      ['page', 14.4, '1h', '5m'],
      ['page', 6, '6h', '30m'],
      ['ticket', 3, '1d', '2h'],
      ['ticket', 1, '3d', '6h'],
    ]);
  });

  it('takes short windows of a twelfth of the long ones, as the workbook advises', () => {
    for (const { long, short } of burnRatePolicy) {
      expect(burnWindowSeconds[long] / burnWindowSeconds[short], `${long} and ${short}`).toBe(12);
    }
  });
});

describe('burnRateFactor', () => {
  it('is the burn rate that spends the fraction within the long window, for any period', () => {
    for (const days of [7, 28, 30, 90]) {
      for (const pair of burnRatePolicy) {
        const periodSeconds = days * 86_400;
        const spent = (burnRateFactor(pair, periodSeconds) * burnWindowSeconds[pair.long]) / periodSeconds;
        expect(spent).toBeCloseTo(pair.budgetFraction, 12);
      }
    }
  });
});

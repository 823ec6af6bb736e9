import { type BurnWindow, burnWindowSeconds } from '../telemetry/names.ts';
import type { Severity } from './rule.ts';

/** One pair of windows: alert when both burn faster than what spends `budgetFraction` of the budget in the long one. */
export interface BurnRateWindows {
  severity: Severity;
  /** Long enough that a blip does not count. */
  long: BurnWindow;
  /** A twelfth of it, so that the alert ends soon after the trouble does. */
  short: BurnWindow;
  /** The share of the error budget, in (0, 1), that may be spent within the long window. */
  budgetFraction: number;
}

/** The period of an error budget, in seconds: 30 days. */
export const budgetPeriodSeconds = 30 * 86_400;

/**
 * The multi-window, multi-burn-rate policy, fastest first.
 *
 * Source: Google, The Site Reliability Workbook, chapter 5 "Alerting on SLOs", section "6: Multiwindow, Multi-Burn-Rate
 * Alerts": the configuration there, and table 5-8 for the fractions. https://sre.google/workbook/alerting-on-slos/
 */
export const burnRatePolicy: readonly BurnRateWindows[] = [
  { severity: 'page', long: '1h', short: '5m', budgetFraction: 0.02 },
  { severity: 'page', long: '6h', short: '30m', budgetFraction: 0.05 },
  { severity: 'ticket', long: '1d', short: '2h', budgetFraction: 0.1 },
  { severity: 'ticket', long: '3d', short: '6h', budgetFraction: 0.1 },
];

/**
 * The burn rate at which a pair of windows alerts: how many times faster than evenly the budget is spent.
 *
 * `factor = budgetFraction * period / long`, in the same unit of time.
 *
 * @example
 * burnRateFactor({ severity: 'page', long: '1h', short: '5m', budgetFraction: 0.02 }) // 14.4 for 30 days
 */
export function burnRateFactor({ long, budgetFraction }: BurnRateWindows, periodSeconds = budgetPeriodSeconds): number {
  return (budgetFraction * periodSeconds) / burnWindowSeconds[long];
}

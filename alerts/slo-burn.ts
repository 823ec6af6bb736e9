import { labelNames, metricNames } from '../telemetry/names.ts';
import type { AlertRule, Severity } from './rule.ts';
import { alertValue, labelInPath, labelValue, lookup } from './templates.ts';
import { type BurnRateWindows, budgetPeriodSeconds, burnRateFactor, burnRatePolicy } from './windows.ts';

const { tenant, slo, window } = labelNames;

/**
 * One rule a severity: it fires when both windows of any of its pairs are above the pair's factor. The windows are
 * the delay, so there is no `for` on top of them.
 */
export const sloBurnRules: readonly AlertRule[] = [
  sloBurnRule('SloBurnPage', 'page'),
  sloBurnRule('SloBurnTicket', 'ticket'),
];

function sloBurnRule(name: string, severity: Severity): AlertRule {
  const pairs = burnRatePolicy.filter((pair) => pair.severity === severity);
  const spans = pairs.map((pair) => `${pair.long} and ${pair.short} (above ${burnRateFactor(pair)})`);
  return {
    name,
    severity,
    forSeconds: 0,
    expr: pairs.map(bothWindowsBurn).join('\nor\n'),
    summary: `SLO ${labelValue(slo)} of ${labelValue(tenant)} burns its budget ${alertValue('humanize')} times too fast`,
    what:
      `The objective ${labelValue(slo)} of tenant ${labelValue(tenant)} spends its error budget ` +
      `${alertValue('humanize')} times as fast as it may.`,
    since: `Measured over ${spans.join(', or over ')}.`,
    impact: `At this rate what is left of the budget lasts ${timeToExhaustion()}; after that the objective is missed.`,
    consolePath: `/#/slos/${labelInPath(slo)}`,
  };
}

function bothWindowsBurn(pair: BurnRateWindows): string {
  const factor = burnRateFactor(pair);
  const above = (span: string) =>
    `max by (${tenant}, ${slo}) (${metricNames.sloBurnRate}{${window}="${span}"}) > ${factor}`;
  return `(\n  ${above(pair.long)}\n  and\n  ${above(pair.short)}\n)`;
}

function timeToExhaustion(): string {
  const remaining = `max(${metricNames.sloBudgetRemaining}{${tenant}=%q,${slo}=%q})`;
  return lookup({
    expr: `clamp_min(${remaining}, 0) * ${budgetPeriodSeconds} / %f`,
    args: [`$labels.${tenant}`, `$labels.${slo}`, '$value'],
    format: 'humanizeDuration',
    otherwise: 'an unknown time',
  });
}

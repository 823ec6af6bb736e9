import type { Slo } from './api-types.ts';
import { type Child, h } from './dom.ts';
import { formatNumber, formatRatio } from './format.ts';
import { meter, stateMark } from './marks.ts';
import { href } from './route.ts';

type Tone = 'good' | 'warn' | 'bad' | 'quiet';

/** One SLO in short: what is left of its budget, how fast it goes, and whether that wakes somebody. */
export function sloCard(slo: Slo): HTMLElement {
  const remaining = slo.errorBudgetRemainingRatio;
  return h(
    'article',
    { class: 'slo-card', 'data-key': `slo-${slo.id}` },
    h('h3', {}, h('a', { href: href(['slos', slo.id]) }, slo.name), firingMark(slo)),
    h(
      'div',
      { class: 'budget' },
      h('b', { class: 'figure' }, remaining === null ? 'Not measured yet' : formatRatio(roundShare(remaining))),
      h(
        'span',
        {},
        remaining === null
          ? `objective ${formatRatio(slo.objective)} over ${slo.windowDays} days`
          : `of the error budget is left`,
      ),
    ),
    meter(remaining, budgetTone(remaining)),
    h(
      'p',
      { class: 'slo-line' },
      pair('now', formatRatio(slo.indicatorRatio)),
      pair('objective', formatRatio(slo.objective)),
      pair('burn 1 h', formatBurn(slo.burnRates['1h'])),
      pair('6 h', formatBurn(slo.burnRates['6h'])),
      pair('3 d', formatBurn(slo.burnRates['3d'])),
    ),
  );
}

/** A burn rate as a factor: at 1 the budget lasts exactly its window. */
export function formatBurn(rate: number | null | undefined): string {
  return rate === null || rate === undefined
    ? '\u2013'
    : `${formatNumber(Number(rate.toFixed(rate < 10 ? 2 : 1)))}\u00d7`;
}

/** How worrying it is how much of a budget is left. */
export function budgetTone(remaining: number | null): Tone {
  if (remaining === null) return 'quiet';
  if (remaining <= 0) return 'bad';
  return remaining < 0.25 ? 'warn' : 'good';
}

/** Says that alerts fire, and the more severe one. */
export function firingMark({ alerts }: Slo): Child {
  const firing = alerts.filter((alert) => alert.firing);
  if (firing.length === 0) return undefined;
  const isPage = firing.some(({ severity }) => severity === 'page');
  return stateMark(isPage ? 'down' : 'late', isPage ? 'paging' : 'ticket');
}

/** Shares of a budget need no more than a tenth of a per cent. */
export function roundShare(ratio: number): number {
  return Math.round(ratio * 1000) / 1000;
}

function pair(name: string, value: string): HTMLElement {
  return h('span', {}, `${name} `, h('b', {}, value));
}

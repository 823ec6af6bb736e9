import { type CallSeries, measureImpact } from './impact.ts';
import type { ComponentEvidence } from './rank-suspects.ts';

/** What a call costs when it goes wrong. */
export const harms = ['latency', 'failures'] as const;
export type Harm = (typeof harms)[number];

/** What is said of a component that was called. */
export interface CallEvidence extends ComponentEvidence {
  impact: number;
  /** In words; empty when its calls cost no more than before. */
  observations: readonly string[];
}

/** How long an incident is looked at for its cause: by then on-call wants to know. */
export const knownMs = 600_000;

/** What costs no more than this above the ordinary is not worth a word. */
const noticeable = 1.05;

/**
 * What the calls to each component say of the ten minutes from `fromMs` on: how much more harm they did than before, and
 * that in words. This is the evidence that suspects are ranked by wherever calls are measured.
 *
 * @param calls per component, with the harm that the incident is about.
 * @example
 * // 0.1 s a call before, 0.5 s during, 20 calls
 * callEvidence(new Map([['database', calls]]), 'latency', fromMs)
 * // [{ component: 'database', impact: 8, isNew: false, score: 1, observations: ['0.5 s a call, ordinarily 0.1 s'] }]
 */
export function callEvidence(calls: ReadonlyMap<string, CallSeries>, harm: Harm, fromMs: number): CallEvidence[] {
  return [...calls].map(([component, series]) => {
    const { impact, isNew, ordinary, during } = measureImpact(series, fromMs, fromMs + knownMs);
    const said = isNew ? `${inWords(during, harm)}, not called before` : compare(during, ordinary, harm);
    const isHarmed = isNew ? during > 0 : during > noticeable * ordinary;
    return { component, impact, isNew, score: impact > 0 ? 1 : 0, observations: isHarmed ? [said] : [] };
  });
}

function compare(during: number, ordinary: number, harm: Harm): string {
  return `${inWords(during, harm)}, ordinarily ${inWords(ordinary, harm).replace(' a call', '').replace(' of calls fail', '')}`;
}

function inWords(value: number, harm: Harm): string {
  return harm === 'latency'
    ? `${Number(value.toPrecision(3))} s a call`
    : `${Number((100 * value).toPrecision(3))} % of calls fail`;
}

import { createVerdictColumns, setVerdict, type VerdictColumns } from '../detectors/verdict-columns.ts';
import { madToSigma } from '../statistics/mad.ts';
import { median } from '../statistics/median.ts';

/** What is remembered of one series among its peers; plain data. */
export interface PeerState {
  /** How far it stands from the middle of its peers when all is well, in the unit of the metric. */
  offset: number;
  /** Minutes in which it had peers. */
  seen: number;
  /** Its last deviation, in scales of the cohort: one odd minute alone is no anomaly. */
  last: number;
}

export interface PeerMember {
  /** One value a step, on the same grid as the other members; NaN where there is none. */
  values: Float64Array;
  /** Null for a series that is new. */
  state: PeerState | null;
}

export interface PeerVerdicts {
  state: PeerState;
  /** A verdict a step; score 0 and maturity 0 where it had no value or too few peers. */
  verdicts: VerdictColumns;
}

/** With fewer there is no telling who is the odd one. */
export const minCohort = 5;
/** From so many minutes on, what sets a member apart from its peers for good is taken off. */
const offsetAfter = 60;
/** An offset is the mean over the first day, and then follows slowly: what goes on for days is how the agent is. */
const offsetSteps = 1440;
/** The smallest spread of a cohort that is believed, as a part of its middle. */
const leastSpread = 0.02;
const tiny = 1e-9;

/**
 * Judges each member of a cohort (agents of one type, doing the same work) by where it stands among the others at each
 * step: what moves all of them, the hour or the load, moves none of them here. It needs no history, so that it works
 * in the first minutes of an agent's life.
 *
 * With m the median of the values, o a member's own stable offset, r = value - m - o, and s the MAD of all r (as a
 * sigma): expected m + o, band k s around it, k = 6 + 20 / members, because a MAD of few is unsure. The score is the
 * smaller of this and the last deviation on the same side, over the width of the band. While it is out of the band an
 * offset learns at its slowest, a scale a day, so that an incident is not taken in. Pure, and never ahead in time.
 *
 * Source: the modified z-score of Iglewicz and Hoaglin, "How to detect and handle outliers" (1993), across a cohort.
 */
export function judgePeers(members: readonly PeerMember[]): PeerVerdicts[] {
  const steps = Math.max(0, ...members.map(({ values }) => values.length));
  const states = members.map(({ state }) => ({ ...(state ?? { offset: 0, seen: 0, last: 0 }) }));
  const columns = members.map(({ values }) => createVerdictColumns(values.length));
  for (let step = 0; step < steps; step++) judgeStep(members, states, columns, step);
  return states.map((state, i) => ({ state, verdicts: columns[i]! }));
}

function judgeStep(
  members: readonly PeerMember[],
  states: readonly PeerState[],
  columns: readonly VerdictColumns[],
  step: number,
): void {
  const present = members.flatMap(({ values }, i) => (Number.isFinite(values[step]) ? [i] : []));
  if (present.length < minCohort) return;
  const middle = median(present.map((i) => members[i]!.values[step]!));
  const residuals = present.map((i) => members[i]!.values[step]! - middle - ownOffset(states[i]!));
  const spread = madToSigma * median(residuals.map(Math.abs));
  const scale = Math.max(spread, leastSpread * Math.abs(middle), tiny);
  const width = 6 + 20 / present.length;
  for (const [k, i] of present.entries()) {
    const state = states[i]!;
    const residual = residuals[k]! / scale;
    const isSameSide = residual * state.last > 0;
    const score = isSameSide ? Math.min(Math.abs(residual), Math.abs(state.last)) / width : 0;
    const expected = middle + ownOffset(state);
    setVerdict(columns[i]!, step, {
      score,
      expected,
      lower: expected - width * scale,
      upper: expected + width * scale,
      maturity: 0.5 + 0.5 * Math.min(1, state.seen / offsetSteps),
      reason: score > 1 ? reasonOf(residual, present.length - 1) : '',
    });
    learn(state, members[i]!.values[step]! - middle, scale, score > 1);
    state.last = residual;
  }
}

function ownOffset({ offset, seen }: PeerState): number {
  return seen >= offsetAfter ? offset : 0;
}

function learn(state: PeerState, deviation: number, scale: number, isAnomalous: boolean): void {
  const rate = isAnomalous ? 1 / offsetSteps : 1 / Math.min(state.seen + 1, offsetSteps);
  const step = deviation - state.offset;
  const bound = state.seen < offsetAfter && !isAnomalous ? Number.POSITIVE_INFINITY : scale;
  state.offset += rate * Math.max(-bound, Math.min(bound, step));
  state.seen++;
}

function reasonOf(residual: number, others: number): string {
  const side = residual < 0 ? 'below' : 'above';
  return `${Math.abs(residual).toFixed(1)} spreads ${side} what ${others} others of its type show at the same time`;
}

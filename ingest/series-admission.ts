import { seriesId } from '../store/series-id.ts';
import type { SeriesRow } from '../store/tables.ts';

/** How many series there may be. What is beyond goes to an overflow series. */
export interface CardinalityBudget {
  maxSeries: number;
  maxSeriesPerAgent: number;
  maxNewSeriesPerMinute: number;
}

export const cardinalityLimits = ['series', 'series_per_agent', 'new_series_per_minute'] as const;
export type CardinalityLimit = (typeof cardinalityLimits)[number];

/** A series that samples may be stored under, and whether the store knows its name. */
export interface StorableSeries {
  readonly row: SeriesRow;
  isNamed: boolean;
}

/** Samples of one tenant that went to overflow series since the last sweep, by the limit and the agent that was over it. */
export interface Overflow {
  tenant: string;
  limit: CardinalityLimit;
  /** Empty when the limit is that of the tenant. */
  agent: string;
  /** The metric of the first such sample. */
  metric: string;
  samples: number;
}

/** Holds each tenant to its budget of series. One per process: every protocol asks it for every sample. */
export interface SeriesAdmission {
  /**
   * The series that a sample is to be stored under: its own or, when that would be one too many, the overflow series of
   * its metric, with `overflow="true"` as its only label. Of a series that is known it costs a look into a map.
   */
  admit(series: StorableSeries, nowMs: number): StorableSeries;
  /** Remembers a series that the store has, heard of last at `lastMs`. */
  remember(series: { tenant: string; id: string; agent: string }, lastMs: number): void;
  /** Forgets a part of what has been silent for too long, and answers what overflowed since the last call. */
  sweep(nowMs: number): Overflow[];
  /** What the tenants with series have in use. */
  usage(): { tenant: string; series: number }[];
}

interface Known {
  agent: string;
  /** Unix milliseconds. */
  heardAt: number;
}

interface TenantSeries {
  known: Map<string, Known>;
  byAgent: Map<string, number>;
  overflow: Map<string, StorableSeries>;
  minute: number;
  newInMinute: number;
  /** Where the sweep goes on. */
  cursor: IterableIterator<[string, Known]> | undefined;
  overflowed: Map<string, Overflow>;
}

const minuteMs = 60_000;
const sweptAtOnce = 10_000;
/** Metrics beyond these share one overflow series: names of metrics can run wild as well. */
const maxOverflowMetrics = 1000;
const sharedOverflowMetric = 'overflow_samples';
/** Of more agents than these, a report does not tell one by one. */
const maxReported = 100;

/**
 * Creates the admission. Memory is bounded by the budgets: a series that is not admitted is not remembered.
 *
 * @param activeHours a series that was silent for so long counts no more.
 */
export function createSeriesAdmission({
  budget,
  activeHours,
}: {
  budget: CardinalityBudget;
  activeHours: number;
}): SeriesAdmission {
  const tenants = new Map<string, TenantSeries>();
  const activeMs = activeHours * 3_600_000;

  function seriesOf(tenant: string): TenantSeries {
    let series = tenants.get(tenant);
    if (series === undefined) {
      series = {
        known: new Map(),
        byAgent: new Map(),
        overflow: new Map(),
        minute: 0,
        newInMinute: 0,
        cursor: undefined,
        overflowed: new Map(),
      };
      tenants.set(tenant, series);
    }
    return series;
  }

  function exceeded(of: TenantSeries, agent: string, nowMs: number): CardinalityLimit | undefined {
    const minute = Math.floor(nowMs / minuteMs);
    if (minute !== of.minute) {
      of.minute = minute;
      of.newInMinute = 0;
    }
    if (of.known.size >= budget.maxSeries) return 'series';
    if (agent !== '' && (of.byAgent.get(agent) ?? 0) >= budget.maxSeriesPerAgent) return 'series_per_agent';
    if (of.newInMinute >= budget.maxNewSeriesPerMinute) return 'new_series_per_minute';
    return undefined;
  }

  function add(of: TenantSeries, id: string, agent: string, heardAt: number): void {
    of.known.set(id, { agent, heardAt });
    if (agent !== '') of.byAgent.set(agent, (of.byAgent.get(agent) ?? 0) + 1);
  }

  return {
    admit(series, nowMs) {
      const { tenant, series_id, labels, metric } = series.row;
      const of = seriesOf(tenant);
      const known = of.known.get(series_id);
      if (known !== undefined) {
        known.heardAt = nowMs;
        return series;
      }
      const agent = labels.agent ?? '';
      const limit = exceeded(of, agent, nowMs);
      if (limit === undefined) {
        of.newInMinute++;
        add(of, series_id, agent, nowMs);
        return series;
      }
      report(of, { tenant, limit, agent: limit === 'series_per_agent' ? agent : '', metric });
      return overflowOf(of, series.row);
    },
    remember({ tenant, id, agent }, lastMs) {
      const of = seriesOf(tenant);
      if (of.known.size < budget.maxSeries && !of.known.has(id)) add(of, id, agent, lastMs);
    },
    sweep(nowMs) {
      for (const of of tenants.values()) forgetSilent(of, nowMs - activeMs);
      return [...tenants.values()].flatMap((of) => {
        const overflowed = [...of.overflowed.values()];
        of.overflowed.clear();
        return overflowed;
      });
    },
    usage: () => [...tenants].map(([tenant, { known }]) => ({ tenant, series: known.size })),
  };
}

function overflowOf(of: TenantSeries, row: SeriesRow): StorableSeries {
  const isKnown = of.overflow.has(row.metric) || of.overflow.size < maxOverflowMetrics;
  const metric = isKnown ? row.metric : sharedOverflowMetric;
  let series = of.overflow.get(metric);
  if (series === undefined) {
    const labels = { overflow: 'true' };
    series = {
      row: { ...row, metric, labels, series_id: seriesId(row.tenant, metric, labels) },
      isNamed: false,
    };
    of.overflow.set(metric, series);
  }
  return series;
}

function report(of: TenantSeries, overflow: Omit<Overflow, 'samples'>): void {
  const agent = of.overflowed.size < maxReported ? overflow.agent : '';
  const key = `${overflow.limit} ${agent}`;
  const known = of.overflowed.get(key);
  if (known === undefined) of.overflowed.set(key, { ...overflow, agent, samples: 1 });
  else known.samples++;
}

/** Goes on where it stopped, so that no call takes long. */
function forgetSilent(of: TenantSeries, before: number): void {
  of.cursor ??= of.known.entries();
  for (let i = 0; i < sweptAtOnce; i++) {
    const next = of.cursor.next();
    if (next.done) {
      of.cursor = undefined;
      return;
    }
    const [id, { agent, heardAt }] = next.value;
    if (heardAt >= before) continue;
    of.known.delete(id);
    const left = (of.byAgent.get(agent) ?? 0) - 1;
    if (left > 0) of.byAgent.set(agent, left);
    else of.byAgent.delete(agent);
  }
}

import { sloLatest, sloWindows } from '../store/queries/slos.ts';
import type { SloDefinition } from '../store/records/slo-definitions.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { type BurnWindow, burnWindowSeconds } from '../telemetry/names.ts';
import { burnRateFactor, burnRatePolicy } from './windows.ts';

/** How an SLO stands. A ratio is null where nothing was owed in its window: no data is neither good nor bad. */
export interface SloReport {
  /** Unix milliseconds up to which units are counted; null before the first. */
  asOf: number | null;
  /** Over the window of the SLO. */
  good: number;
  total: number;
  /** Of what was owed, the part of which anything is known; the rest counts as not good. */
  measuredRatio: number | null;
  indicatorRatio: number | null;
  /** 1 is untouched, 0 is spent, below 0 is overspent. */
  errorBudgetRemainingRatio: number | null;
  /** How many times faster than evenly the budget is spent, by look-back window. */
  burnRates: Record<BurnWindow, number | null>;
  /** The policy, and which of its pairs would alert. */
  alerts: { severity: string; long: BurnWindow; short: BurnWindow; factor: number; firing: boolean }[];
}

const burnWindows = Object.keys(burnWindowSeconds) as BurnWindow[];

/** Reports every SLO of a tenant, in the order given. The sums are ClickHouse's; this divides. */
export async function reportSlos(
  telemetry: TelemetryStore,
  tenant: string,
  definitions: readonly SloDefinition[],
): Promise<SloReport[]> {
  const latest = new Map((await telemetry.query(sloLatest, { tenant })).map(({ slo, as_of }) => [slo, as_of]));
  return Promise.all(
    definitions.map((definition) => reportSlo(telemetry, tenant, definition, latest.get(definition.id) ?? null)),
  );
}

async function reportSlo(
  telemetry: TelemetryStore,
  tenant: string,
  { id, objective, windowDays }: SloDefinition,
  asOf: number | null,
): Promise<SloReport> {
  const windowSeconds = windowDays * 86_400;
  const windows = [...new Set([...Object.values(burnWindowSeconds), windowSeconds])];
  const rows = asOf === null ? [] : await telemetry.query(sloWindows, { tenant, slo: id, asOf, windows });
  const bySeconds = new Map(rows.map((row) => [row.seconds, row]));
  const { good = 0, total = 0, measured = 0 } = bySeconds.get(windowSeconds) ?? {};
  const burnRates = Object.fromEntries(
    burnWindows.map((window) => [window, burnRate(bySeconds.get(burnWindowSeconds[window]), objective)]),
  ) as SloReport['burnRates'];
  const spent = burnRate({ good, total }, objective);
  return {
    asOf,
    good,
    total,
    measuredRatio: total > 0 ? measured / total : null,
    indicatorRatio: total > 0 ? good / total : null,
    errorBudgetRemainingRatio: spent === null ? null : 1 - spent,
    burnRates,
    alerts: burnRatePolicy.map((pair) => {
      const factor = burnRateFactor(pair);
      const firing = (burnRates[pair.long] ?? 0) > factor && (burnRates[pair.short] ?? 0) > factor;
      return { severity: pair.severity, long: pair.long, short: pair.short, factor, firing };
    }),
  };
}

/** The share of bad units over the share that the objective allows; null where nothing was owed. */
export function burnRate(counts: { good: number; total: number } | undefined, objective: number): number | null {
  return counts === undefined || counts.total <= 0
    ? null
    : (counts.total - counts.good) / counts.total / (1 - objective);
}

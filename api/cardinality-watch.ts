import type { CardinalityBudget, SeriesAdmission } from '../ingest/series-admission.ts';
import { activeSeries } from '../store/queries/cardinality.ts';
import { recordOverflow } from '../store/records/overflows.ts';
import { listBudgets } from '../store/records/tenant-budgets.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Health } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createBreather } from '../telemetry/turn.ts';

export interface CardinalityWatchDeps {
  admission: SeriesAdmission;
  cardinality: CardinalityBudget & { activeHours: number };
  telemetry: TelemetryStore;
  state: StateStore;
  health: Health;
  metrics: Pick<Metrics, 'overflowSamples'>;
  log: Logger;
  now: () => Date;
}

export interface CardinalityWatch {
  /** Tells the admission which series there were before the start. */
  warm(): Promise<void>;
  /** Takes over changed budgets, forgets silent series, and says what went to overflow series: an event, a metric, what is degraded. */
  look(): Promise<void>;
}

const component = 'cardinality';
/** So long after the last overflow the matter counts as settled. */
const calmMs = 60_000;
const lookEveryMs = 10_000;
/** More are not read at the start; those that are left out count as new when they are heard again. */
const maxWarmed = 2_000_000;

/** Warms the admission, and looks every ten seconds from then on. Answers how to stop. */
export async function startCardinalityWatch(deps: CardinalityWatchDeps): Promise<() => void> {
  const watch = createCardinalityWatch(deps);
  await watch.warm();
  const looked = () =>
    void watch
      .look()
      .catch((error: unknown) => deps.log.error({ err: error }, 'overflows of series were not recorded'));
  const timer = setInterval(looked, lookEveryMs);
  return () => clearInterval(timer);
}

/** Watches over the budgets of series. */
export function createCardinalityWatch({
  admission,
  cardinality,
  telemetry,
  state,
  health,
  metrics,
  log,
  now,
}: CardinalityWatchDeps): CardinalityWatch {
  let lastOverflowMs = Number.NEGATIVE_INFINITY;
  return {
    async warm() {
      const since = now().getTime() - cardinality.activeHours * 3_600_000;
      const budgets = await listBudgets(state);
      admission.setBudgets(budgets);
      const perTenant = Math.max(cardinality.maxSeries, ...[...budgets.values()].map(({ maxSeries = 0 }) => maxSeries));
      const rows = await telemetry.query(activeSeries, { since, perTenant, limit: maxWarmed });
      const breather = createBreather();
      for (const row of rows) {
        if (breather.isDue()) await breather.now();
        admission.remember(row, row.last_time);
      }
    },
    async look() {
      admission.setBudgets(await listBudgets(state));
      const overflows = admission.sweep(now().getTime());
      if (overflows.length === 0) {
        if (now().getTime() - lastOverflowMs > calmMs) health.recover(component);
        return;
      }
      lastOverflowMs = now().getTime();
      health.degrade(
        component,
        'a budget of series is spent, so that samples go to overflow series; see /v1/cardinality',
      );
      for (const { limit, ...overflow } of overflows) {
        metrics.overflowSamples.inc({ limit }, overflow.samples);
        log.warn({ limit, ...overflow }, 'samples went to overflow series');
        await recordOverflow(state, { exceeded: limit, ...overflow }, now());
      }
    },
  };
}

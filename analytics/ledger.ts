import { countScored, horizonParts, issueTimes, scoreForecasts } from '../store/queries/forecast-ledger.ts';
import { listTenants } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Job } from './job.ts';

const hourMs = 3_600_000;
const longestHours = Math.max(...horizonParts.map(({ toHours }) => toHours));

/**
 * Scores each forecast when its time has come: six hours, a day and two days after it was issued, each time the part
 * of the horizon that has passed since. All of it is done in ClickHouse; this asks for what fell due in the window.
 */
export function createLedgerJob({ telemetry, state }: { telemetry: TelemetryStore; state: StateStore }): Job {
  return {
    id: 'ledger',
    description: 'Scores forecasts against what came',
    schedule: '30 12 * * * *',
    intervalSeconds: 3600,
    stepSeconds: 3600,
    maxWindowSeconds: 86_400,
    initialLookbackSeconds: 3600,
    async run({ from, to, retainFromDay, signal, progress }) {
      let scores = 0;
      for (const tenant of await listTenants(state)) {
        const untilDay = retainFromDay + tenant.rollupRetentionDays;
        const range = { from: from - longestHours * hourMs, to };
        const issues = await telemetry.query(issueTimes, { tenant: tenant.id, ...range });
        for (const [i, { issued_at: issuedAt }] of issues.entries()) {
          for (const { fromHours, toHours } of horizonParts) {
            const due = issuedAt + toHours * hourMs;
            if (due <= from || due > to) continue;
            signal.throwIfAborted();
            await telemetry.run(scoreForecasts, { tenant: tenant.id, issuedAt, fromHours, toHours, untilDay });
          }
          progress((i + 1) / issues.length);
        }
        const [counted] = await telemetry.query(countScored, { tenant: tenant.id, from, to });
        scores += counted?.scores ?? 0;
      }
      return { scores };
    },
  };
}

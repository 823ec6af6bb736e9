import { countAvailability, countTaskSuccess } from '../store/queries/slos.ts';
import { listSlos } from '../store/records/slo-definitions.ts';
import { listTenants } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Job } from './job.ts';

const minuteMs = 60_000;
/** The longest heartbeat interval, which is also how far back a heartbeat attests. */
const maxIntervalMinutes = 60;

/** Counts good and expected units of every SLO by minute; the API sums them over windows. */
export function createSloJob({
  telemetry,
  state,
  lateFactor,
  forgetAfterDays,
}: {
  telemetry: TelemetryStore;
  state: StateStore;
  /** An agent owes its next heartbeat within so many of its intervals. */
  lateFactor: number;
  /** A silent agent owes no more after so long. */
  forgetAfterDays: number;
}): Job {
  // What a heartbeat attests, and whether one is late, is known so much later: it is counted again.
  const recountMs = (Math.ceil(maxIntervalMinutes * lateFactor) + 5) * minuteMs;
  return {
    id: 'slo',
    description: 'Counts good and expected units of every SLO',
    schedule: '10 * * * * *',
    intervalSeconds: 60,
    stepSeconds: 60,
    maxWindowSeconds: 86_400,
    initialLookbackSeconds: 86_400,
    async run({ from, to, retainFromDay }) {
      const tenants = new Map((await listTenants(state)).map((tenant) => [tenant.id, tenant]));
      const slos = await listSlos(state);
      for (const { tenant, id, indicator, selector } of slos) {
        const untilDay = retainFromDay + (tenants.get(tenant)?.rollupRetentionDays ?? 0);
        const target = { tenant, slo: id, from: from - recountMs, to, untilDay };
        if (indicator === 'availability') {
          const forgetAfterSeconds = forgetAfterDays * 86_400;
          await telemetry.run(countAvailability, { ...target, type: selector, lateFactor, forgetAfterSeconds });
        } else {
          await telemetry.run(countTaskSuccess, { ...target, kind: selector });
        }
      }
      return { slos: slos.length };
    },
  };
}

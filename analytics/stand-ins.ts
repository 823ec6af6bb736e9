import { replacedSeries, skillOfSeries } from '../store/queries/forecast-ledger.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Logger } from '../telemetry/log.ts';

/** What falls due in an hour is scored after the next forecasts are made. */
const ledgerDelayMs = 3_600_000;
/** A forecaster is judged by what fell due in a week ... */
const judgedMs = 7 * 86_400_000;
/** ... of which it takes a day's worth at least ... */
const leastScores = 24;
/** ... and is replaced when it erred so much more than seasonal naive. Between this and 0 is chance. */
const worstSkill = -0.05;

/**
 * The series on which a forecaster did worse than seasonal naive in the week before `asOf`, each with why: there
 * seasonal naive stands in for it. Only what the ledger knew at `asOf` counts, so that a window of the past is the same
 * when it is run again.
 */
export async function findReplaced(
  telemetry: TelemetryStore,
  tenant: Tenant,
  forecaster: string,
  asOf: number,
): Promise<Map<string, string>> {
  const known = asOf - ledgerDelayMs;
  const params = { from: known - judgedMs, to: known, least: leastScores, below: worstSkill };
  const rows = await telemetry.query(skillOfSeries, { tenant: tenant.id, forecaster, ...params });
  return new Map(
    rows.map(({ id, skill, scored }) => [
      id,
      `${forecaster} erred ${Math.round(-100 * skill)} % more than seasonal naive over its last ${scored} scored forecasts`,
    ]),
  );
}

/** Tells of the series on which a forecaster was replaced since the issue before `asOf`, or came back. */
export async function logChanges(
  telemetry: TelemetryStore,
  tenant: Tenant,
  replaced: ReadonlyMap<string, string>,
  asOf: number,
  log: Logger,
): Promise<void> {
  const [before] = await telemetry.query(replacedSeries, { tenant: tenant.id, before: asOf });
  if (before === undefined || before.forecast === 0) return;
  const earlier = new Set(before.ids);
  for (const [series, because] of replaced)
    if (!earlier.has(series)) log.warn({ tenant: tenant.id, series, because }, 'seasonal naive stands in on a series');
  for (const series of earlier)
    if (!replaced.has(series)) log.info({ tenant: tenant.id, series }, 'the forecaster is back on a series');
}

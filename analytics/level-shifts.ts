import type { VerdictColumns } from '../models/detectors/verdict-columns.ts';
import { defaultThresholdOptions } from '../models/thresholds.ts';
import { levelShiftsAccepted, withdrawLevelShifts } from '../store/queries/level-shifts.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { RowOf } from '../store/table.ts';
import { levelShiftsTable } from '../store/tables.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { SeriesPoints } from './detection-rows.ts';
import type { JobWindow } from './job.ts';

/** The new levels that a run accepts, beside those that runs before it accepted in the same window. */
export interface LevelShifts {
  /** Takes what the verdicts of a series say; answers how many levels were accepted in the window. */
  note(series: Pick<SeriesPoints, 'id' | 'stepMs' | 'times'>, verdicts: ShiftVerdicts): number;
  /** Stores what was noted, and withdraws what an earlier run had accepted and this one, of the series it scored, did not. */
  store(isScored: (seriesId: string) => boolean): Promise<void>;
}

type ShiftVerdicts = Pick<VerdictColumns, 'acceptedShifts' | 'expected' | 'lower' | 'upper'>;

/** What moved by less than that is about what was expected: nobody would see that the level is another. */
const leastShare = defaultThresholdOptions.settledShare;

/** Collects the accepted levels of a tenant in a window. A window that is run twice leaves what the last run says. */
export function collectLevelShifts(
  telemetry: TelemetryStore,
  { id: tenant, rollupRetentionDays }: Pick<Tenant, 'id' | 'rollupRetentionDays'>,
  detector: string,
  { from, to, retainFromDay, log }: JobWindow,
): LevelShifts {
  const rows = new Map<string, RowOf<typeof levelShiftsTable>>();
  const until = retainFromDay + rollupRetentionDays;
  return {
    note({ id, stepMs, times }, { acceptedShifts, expected, lower, upper }) {
      let count = 0;
      for (const [index, { fromLevel, toLevel }] of acceptedShifts) {
        const accepted_at = times[index]!;
        const known_at = accepted_at + stepMs;
        if (known_at <= from) continue;
        const wayToEdge = Math.max(upper[index]! - expected[index]!, expected[index]! - lower[index]!);
        if (Math.abs(toLevel - fromLevel) < leastShare * wayToEdge) continue;
        const shift_id = `${id}-${accepted_at.toString(36)}`;
        const levels = { from_level: fromLevel, to_level: toLevel };
        rows.set(shift_id, {
          ...{ tenant, shift_id, series_id: id, detector, accepted_at, known_at, ...levels, withdrawn: 0, until },
        });
        log.info({ tenant, series: id, time: new Date(accepted_at).toISOString(), ...levels }, 'new level accepted');
        count++;
      }
      return count;
    },
    async store(isScored) {
      const earlier = await telemetry.query(levelShiftsAccepted, { tenant, detector, from, to });
      const unfound = earlier.filter(({ id, series_id }) => !rows.has(id) && isScored(series_id));
      await telemetry.insert(levelShiftsTable, [...rows.values()]);
      const ids = unfound.map(({ id }) => id);
      if (ids.length > 0) await telemetry.run(withdrawLevelShifts, { tenant, detector, ids });
    },
  };
}

import { z } from 'zod';
import { transitionsOf } from '../store/queries/agents.ts';
import { changedAnomalies, changedIncidents, maxEvents } from '../store/queries/events.ts';
import { anyLevelShift, listLevelShifts } from '../store/queries/level-shifts.ts';
import { readWatermark } from '../store/records/job-runs.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { toLevelShift } from './level-shifts.ts';
import { toIso } from './values.ts';

/** Something that happened: `event` names it, such as `incident.opened`. */
export interface LiveEvent {
  event: string;
  data: Record<string, unknown>;
}

/** How far a client has seen the results of each job, in Unix milliseconds. */
const cursorSchema = z.object({ detect: z.number().int(), incidents: z.number().int(), liveness: z.number().int() });
export type LiveCursor = z.output<typeof cursorSchema>;
const jobs = ['detect', 'incidents', 'liveness'] as const;

/** A cursor as text, for the id of an event. */
export function writeLiveCursor({ detect, incidents, liveness }: LiveCursor): string {
  return `${detect}.${incidents}.${liveness}`;
}

/** Reads a cursor; undefined for text that is none. */
export function readLiveCursor(text: string): LiveCursor | undefined {
  const match = /^(\d{1,15})\.(\d{1,15})\.(\d{1,15})$/.exec(text);
  return match === null
    ? undefined
    : { detect: Number(match[1]), incidents: Number(match[2]), liveness: Number(match[3]) };
}

export interface LiveEventsDeps {
  telemetry: TelemetryStore;
  state: StateStore;
  now: () => Date;
}

/** Up to where each job has written its results: what lies before is whole. */
export async function currentCursor({ state, now }: LiveEventsDeps): Promise<LiveCursor> {
  const marks = await Promise.all(jobs.map((job) => readWatermark(state, job)));
  const [detect, incidents, liveness] = marks.map((mark) => mark ?? now().getTime());
  return { detect: detect!, incidents: incidents!, liveness: liveness! };
}

/**
 * What the jobs have found for a tenant since a cursor, and the cursor after it. The store is the buffer: whoever comes
 * back later, or to another replica, reads on where it was. Of more than a thousand events of a kind the first are given.
 */
export async function readLiveEvents(
  deps: LiveEventsDeps,
  tenant: string,
  since: LiveCursor,
): Promise<{ events: LiveEvent[]; cursor: LiveCursor }> {
  const cursor = await currentCursor(deps);
  const rangeOf = (job: keyof LiveCursor) => ({ tenant, after: since[job], upTo: cursor[job] });
  const isNew = (job: keyof LiveCursor) => cursor[job] > since[job];
  const [transitions, anomalies, shifts, incidents] = await Promise.all([
    isNew('liveness') ? readTransitions(deps, tenant, since.liveness, cursor.liveness) : [],
    isNew('detect') ? readAnomalies(deps, rangeOf('detect')) : [],
    isNew('detect') ? readLevelShifts(deps, rangeOf('detect')) : [],
    isNew('incidents') ? readIncidents(deps, rangeOf('incidents')) : [],
  ]);
  return { events: [...transitions, ...anomalies, ...shifts, ...incidents], cursor };
}

interface Range {
  tenant: string;
  after: number;
  upTo: number;
}

async function readTransitions(
  { telemetry }: LiveEventsDeps,
  tenant: string,
  from: number,
  to: number,
): Promise<LiveEvent[]> {
  const rows = await telemetry.query(transitionsOf, { tenant, from, to, limit: maxEvents });
  return rows.map(({ agent, time, state }) => ({ event: `agent.${state}`, data: { agent, time: toIso(time) } }));
}

async function readAnomalies({ telemetry }: LiveEventsDeps, range: Range): Promise<LiveEvent[]> {
  const rows = await telemetry.query(changedAnomalies, range);
  return rows.flatMap(({ id, series_id, metric, labels, step_seconds, started_at, ended_at, peak_score, reason }) => {
    const endedAt = ended_at === null ? null : toIso(ended_at);
    const data = {
      id,
      seriesId: series_id,
      metric,
      labels,
      startedAt: toIso(started_at),
      endedAt,
      peakScore: peak_score,
      reason,
    };
    const hasOpened = started_at + 1000 * step_seconds > range.after;
    return [
      ...(hasOpened ? [{ event: 'anomaly.opened', data: { ...data, endedAt: null } }] : []),
      ...(ended_at === null ? [] : [{ event: 'anomaly.closed', data }]),
    ];
  });
}

async function readLevelShifts({ telemetry }: LiveEventsDeps, { tenant, after, upTo }: Range): Promise<LiveEvent[]> {
  const known = { knownAfter: after, knownUpTo: upTo };
  const rows = await telemetry.query(listLevelShifts, { ...anyLevelShift, ...known, tenant, limit: maxEvents });
  return rows.reverse().map((row) => ({ event: 'series.level_shifted', data: toLevelShift(row) }));
}

async function readIncidents({ telemetry }: LiveEventsDeps, range: Range): Promise<LiveEvent[]> {
  const rows = await telemetry.query(changedIncidents, range);
  return rows.map(
    ({ id, title, severity, cause, created_at, started_at, ended_at, finding_count, merged_into, withdrawn }) => {
      const what =
        merged_into !== ''
          ? 'merged'
          : withdrawn
            ? 'withdrawn'
            : ended_at !== null
              ? 'closed'
              : created_at > range.after
                ? 'opened'
                : 'changed';
      const data = {
        ...{
          id,
          title,
          severity,
          cause,
          startedAt: toIso(started_at),
          endedAt: ended_at === null ? null : toIso(ended_at),
        },
        ...{ findingCount: finding_count, mergedInto: merged_into === '' ? null : merged_into },
      };
      return { event: `incident.${what}`, data };
    },
  );
}

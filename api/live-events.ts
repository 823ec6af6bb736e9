import { z } from 'zod';
import { agentsJobId } from '../analytics/detect-agents.ts';
import { movedJobId } from '../analytics/detect-by-feedback.ts';
import { transitionsOf } from '../store/queries/agents.ts';
import { changedAnomalies, changedIncidents, edges } from '../store/queries/events.ts';
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
/** What finds anomalies beside `detect`: they are told when all have looked, or after ten minutes. */
const otherDetectJobs = [movedJobId, agentsJobId];
const longestWaitMs = 600_000;

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
  const marks = await Promise.all([...jobs, ...otherDetectJobs].map((job) => readWatermark(state, job)));
  const [detect, incidents, liveness] = marks.map((mark) => mark ?? now().getTime());
  const others = marks.slice(jobs.length).filter((mark) => mark !== undefined);
  const whole = Math.max(Math.min(detect!, ...others), detect! - longestWaitMs);
  return { detect: whole, incidents: incidents!, liveness: liveness! };
}

/**
 * What the jobs have found for a tenant since a cursor, and the cursor after it. The store is the buffer: whoever comes
 * back later, or to another replica, reads on where it was. Of many events the first are given, with a cursor behind them.
 */
export async function readLiveEvents(
  deps: LiveEventsDeps,
  tenant: string,
  since: LiveCursor,
): Promise<{ events: LiveEvent[]; cursor: LiveCursor }> {
  const current = await currentCursor(deps);
  const isNew = (job: keyof LiveCursor) => current[job] > since[job];
  const upTo = (job: keyof LiveCursor, edge: (range: Range) => Promise<number>) =>
    isNew(job) ? edge({ tenant, after: since[job], upTo: current[job] }) : current[job];
  const edgeIn = (range: Range, ...kinds: (keyof typeof edges)[]) => findEdge(deps, range, kinds);
  const [detect, incidents, liveness] = await Promise.all([
    upTo('detect', (range) => edgeIn(range, 'anomalies', 'levelShifts')),
    upTo('incidents', (range) => edgeIn(range, 'incidents')),
    // A transition belongs to the window in which it lies, `[from, to)`.
    upTo(
      'liveness',
      async ({ after, upTo }) => (await edgeIn({ tenant, after: after - 1, upTo: upTo - 1 }, 'transitions')) + 1,
    ),
  ]);
  const rangeOf = (job: 'detect' | 'incidents', upTo: number) => ({ tenant, after: since[job], upTo });
  const [transitions, anomalies, shifts, changes] = await Promise.all([
    isNew('liveness') ? readTransitions(deps, tenant, since.liveness, liveness) : [],
    isNew('detect') ? readAnomalies(deps, rangeOf('detect', detect)) : [],
    isNew('detect') ? readLevelShifts(deps, rangeOf('detect', detect)) : [],
    isNew('incidents') ? readIncidents(deps, rangeOf('incidents', incidents)) : [],
  ]);
  const events = [...transitions, ...anomalies, ...shifts, ...changes];
  return { events, cursor: { detect, incidents, liveness } };
}

/** Up to where there are few enough events of the kinds to be read at once. */
async function findEdge(
  { telemetry }: LiveEventsDeps,
  range: Range,
  kinds: readonly (keyof typeof edges)[],
): Promise<number> {
  const found = await Promise.all(kinds.map((kind) => telemetry.query(edges[kind], range)));
  return Math.min(range.upTo, ...found.flat().map(({ edge }) => edge));
}

/** Where the edge has said how many there are. */
const noLimit = 2 ** 32 - 1;

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
  const rows = await telemetry.query(transitionsOf, { tenant, from, to, limit: noLimit });
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
  const rows = await telemetry.query(listLevelShifts, { ...anyLevelShift, ...known, tenant, limit: noLimit });
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

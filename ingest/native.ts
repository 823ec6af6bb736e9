import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { seriesId } from '../store/series-id.ts';
import {
  type HeartbeatRow,
  heartbeatsTable,
  type SampleRow,
  type SeriesRow,
  samplesTable,
  seriesTable,
  type TaskEventRow,
  taskEventsTable,
} from '../store/tables.ts';
import { type FieldError, pointerTo } from '../telemetry/errors.ts';
import { createBreather } from '../telemetry/turn.ts';
import { BrokenRecord, type Records } from './body.ts';
import type { Quarantine, QuarantineReason, Refusal } from './quarantine.ts';
import {
  type Heartbeat,
  heartbeatSchema,
  type SampleRecord,
  sampleSchema,
  type TaskEvent,
  taskEventSchema,
} from './records.ts';
import type { CardinalityLimit, SeriesAdmission, StorableSeries } from './series-admission.ts';
import type { Writer } from './writer.ts';

/** Who sends, how long it is kept, and whether records may be older than the bound (`backfill`). */
export interface Sender {
  tenant: string;
  rawRetentionDays: number;
  rollupRetentionDays: number;
  backfill: boolean;
  /** When the request came first, in Unix milliseconds; by default now. */
  receivedAt?: number;
  /** Whether the records come out of the quarantine: what is refused again stays there as it is. */
  isReplay?: boolean;
  /** Told how many records were read, for the limit of the key; absent where there is none. */
  charge?: (records: number) => void;
  /** What the request names for events that name none themselves: a correlation id, and the trace that it is part of. */
  correlationId?: string;
  traceparent?: string;
}

/** What became of the records of one request. */
export interface Outcome {
  accepted: number;
  refused: number;
  /** The first hundred reasons, with pointers into the request: `/3/value`. */
  errors: FieldError[];
}

export interface NativeIngestOptions {
  writer: Writer;
  admission: SeriesAdmission;
  quarantine: Quarantine;
  now: () => Date;
  maxPastDays: number;
  maxFutureSeconds: number;
}

export interface NativeIngest {
  heartbeats(records: Records, sender: Sender): Promise<Outcome>;
  events(records: Records, sender: Sender): Promise<Outcome>;
  samples(records: Records, sender: Sender): Promise<Outcome>;
}

const maxErrors = 100;
const dayMs = 86_400_000;
/** ClickHouse's DateTime begins in 1970; before 1980 a number is more likely seconds than milliseconds. */
export const earliestMs = Date.UTC(1980);

/**
 * The native JSON protocol: checks records, turns them into rows, and returns when they are stored. Good records are
 * stored though others of the same request are refused.
 */
export function createNativeIngest({
  writer,
  admission,
  quarantine,
  now,
  maxPastDays,
  maxFutureSeconds,
}: NativeIngestOptions): NativeIngest {
  const recentSeries = new LRUCache<string, StorableSeries>({ max: 200_000 });

  /** The series of a sample, as it was met before where it was, since what is known of it stands there. */
  function seriesOf({ metric, labels, agent, aggregation, unit }: SampleRecord, { tenant }: Sender): StorableSeries {
    const all = agent === undefined ? labels : { ...labels, agent };
    const series_id = seriesId(tenant, metric, all);
    let series = recentSeries.get(series_id);
    if (series === undefined) {
      series = { row: { tenant, metric, series_id, labels: all, aggregation, unit }, isNamed: false };
      recentSeries.set(series_id, series);
    }
    return series;
  }

  /**
   * Checks each record, makes a row of each good one and stores it; the others go to quarantine. Answers what became
   * of them.
   */
  async function take<T extends { time?: number | undefined }, Row>(
    kind: keyof NativeIngest,
    { values, isList }: Records,
    schema: z.ZodType<T>,
    { backfill, tenant, charge, receivedAt = now().getTime(), isReplay = false }: Sender,
    store: (rows: Row[]) => Promise<unknown>,
    toRow: (record: T & { time: number }, nowMs: number) => Row,
    limitOf: (record: T, nowMs: number) => CardinalityLimit | undefined = () => undefined,
  ): Promise<Outcome> {
    charge?.(values.length);
    const nowMs = receivedAt;
    const bounds = {
      nowMs,
      earliest: backfill ? earliestMs : nowMs - maxPastDays * dayMs,
      latest: nowMs + maxFutureSeconds * 1000,
    };
    const rows: Row[] = [];
    const errors: FieldError[] = [];
    const refusals: Refusal[] = [];
    const notShown: Partial<Record<QuarantineReason, number>> = {};
    const breather = createBreather();
    for (let i = 0; i < values.length; i++) {
      if (breather.isDue()) await breather.now();
      const pointer = isList ? `/${i}` : '';
      const checked = withinBudget(checkOne(values[i], schema, pointer, bounds), pointer, limitOf, nowMs);
      if (checked.ok) {
        rows.push(toRow(checked.record, nowMs));
        continue;
      }
      const { reason, errors: problems } = checked;
      for (const problem of problems.slice(0, maxErrors - errors.length)) errors.push(problem);
      if (refusals.length >= maxErrors) notShown[reason] = (notShown[reason] ?? 0) + 1;
      else refusals.push({ kind, reason, detail: problems[0]?.detail ?? '', record: values[i] });
    }
    const kept = isReplay ? undefined : quarantine.keep({ tenant, source: 'native' }, refusals, notShown);
    await Promise.all([store(rows), kept]);
    return { accepted: rows.length, refused: values.length - rows.length, errors };
  }

  return {
    heartbeats: (records, sender) =>
      take(
        'heartbeats',
        records,
        heartbeatSchema,
        sender,
        (rows: HeartbeatRow[]) => writer.write(heartbeatsTable, rows),
        (heartbeat, nowMs) => heartbeatRow(heartbeat, sender, nowMs),
        ({ agent }, nowMs) => admission.admitAgent(sender.tenant, agent, '', nowMs),
      ),
    events: (records, sender) =>
      take(
        'events',
        records,
        taskEventSchema,
        sender,
        (rows: TaskEventRow[]) => writer.write(taskEventsTable, rows),
        (event, nowMs) => taskEventRow(event, sender, nowMs),
        ({ agent, kind }, nowMs) => admission.admitAgent(sender.tenant, agent, kind, nowMs),
      ),
    samples(records, sender) {
      const unnamed = new Set<StorableSeries>();
      const storeNames = async () => {
        const names = Array.from(unnamed, ({ row }) => row);
        await writer.write(seriesTable, names);
        for (const series of unnamed) series.isNamed = true;
      };
      return take(
        'samples',
        records,
        sampleSchema,
        sender,
        (rows: SampleRow[]) => Promise.all([storeNames(), writer.write(samplesTable, rows)]),
        (sample, nowMs) => {
          const series = admission.admit(seriesOf(sample, sender), nowMs);
          if (!series.isNamed) unnamed.add(series);
          return sampleRow(sample, series.row, sender, nowMs);
        },
      );
    },
  };
}

type Checked<T> =
  | { ok: true; record: T & { time: number } }
  | { ok: false; reason: QuarantineReason; errors: FieldError[] };

function checkOne<T extends { time?: number | undefined }>(
  record: unknown,
  schema: z.ZodType<T>,
  pointer: string,
  { nowMs, earliest, latest }: { nowMs: number; earliest: number; latest: number },
): Checked<T> {
  if (record instanceof BrokenRecord) {
    return { ok: false, reason: 'invalid', errors: [{ pointer, detail: record.reason }] };
  }
  const parsed = schema.safeParse(record);
  if (!parsed.success) {
    const errors = parsed.error.issues.flatMap((issue) => fieldErrors(issue, pointer, schema));
    return { ok: false, reason: 'invalid', errors };
  }
  const time = parsed.data.time ?? nowMs;
  if (time >= earliest && time <= latest) return { ok: true, record: { ...parsed.data, time } };
  const iso = (ms: number) => new Date(ms).toISOString();
  const detail = `${iso(time)} is out of bounds; allowed: ${iso(earliest)} to ${iso(latest)}`;
  const remedy = time < earliest ? ', or any time since 1980 with ?backfill=true' : '';
  const errors = [{ pointer: `${pointer}/time`, detail: detail + remedy }];
  return { ok: false, reason: time < earliest ? 'late' : 'future', errors };
}

function withinBudget<T>(
  checked: Checked<T>,
  pointer: string,
  limitOf: (record: T, nowMs: number) => CardinalityLimit | undefined,
  nowMs: number,
): Checked<T> {
  const limit = checked.ok ? limitOf(checked.record, nowMs) : undefined;
  if (limit === undefined) return checked;
  const detail = `one too many: the budget of ${limit} is spent; /v1/cardinality tells by what`;
  return { ok: false, reason: 'over_budget', errors: [{ pointer: `${pointer}/agent`, detail }] };
}

/** An issue of Zod as errors with pointers; an unknown field is pointed at itself, with the fields that there are. */
function fieldErrors(issue: z.core.$ZodIssue, record: string, schema: z.ZodType): FieldError[] {
  const pointer = record + pointerTo(issue.path);
  if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ pointer, detail: message }));
  if (issue.code !== 'unrecognized_keys') return [{ pointer, detail: issue.message }];
  const allowed =
    schema instanceof z.ZodObject && issue.path.length === 0
      ? `; allowed: ${Object.keys(schema.shape).join(', ')}`
      : '';
  return issue.keys.map((key) => ({ pointer: pointer + pointerTo([key]), detail: `not a known field${allowed}` }));
}

/** Data is kept for the retention after its time or after its receipt, whichever is later: history sent late stays. */
export function retention({ rawRetentionDays, rollupRetentionDays }: Sender, timeMs: number, nowMs: number) {
  const day = Math.ceil(Math.max(timeMs, nowMs) / dayMs);
  return { raw_until: day + rawRetentionDays, rollup_until: day + rollupRetentionDays };
}

function heartbeatRow(heartbeat: Heartbeat & { time: number }, sender: Sender, nowMs: number): HeartbeatRow {
  return {
    tenant: sender.tenant,
    agent: heartbeat.agent,
    agent_type: heartbeat.type,
    version: heartbeat.version,
    status: heartbeat.status,
    time: heartbeat.time,
    received_at: nowMs,
    interval_seconds: heartbeat.intervalSeconds,
    labels: heartbeat.labels,
    ...retention(sender, heartbeat.time, nowMs),
  };
}

function taskEventRow(event: TaskEvent & { time: number }, sender: Sender, nowMs: number): TaskEventRow {
  const traceparent = event.traceparent ?? sender.traceparent;
  return {
    tenant: sender.tenant,
    event_id: event.eventId ?? derivedEventId(event),
    time: event.time,
    received_at: nowMs,
    agent: event.agent,
    task: event.task,
    kind: event.kind,
    state: event.state,
    duration_seconds: event.durationSeconds ?? null,
    progress_ratio: event.progressRatio ?? null,
    attempt: event.attempt,
    correlation_id: event.correlationId || (sender.correlationId ?? ''),
    error: event.error,
    attributes: traceparent === undefined ? event.attributes : { ...event.attributes, traceparent },
    ...retention(sender, event.time, nowMs),
  };
}

function derivedEventId({ task, kind, state, attempt, time }: TaskEvent & { time: number }): string {
  return createHash('sha256').update([kind, task, state, attempt, time].join('\0')).digest('base64url').slice(0, 22);
}

function sampleRow(
  { time, value, aggregation }: SampleRecord & { time: number },
  { tenant, series_id }: SeriesRow,
  sender: Sender,
  nowMs: number,
): SampleRow {
  return { tenant, series_id, time, value, aggregation, ...retention(sender, time, nowMs) };
}

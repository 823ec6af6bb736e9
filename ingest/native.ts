import { z } from 'zod';
import { seriesId } from '../store/series-id.ts';
import { type HeartbeatRow, heartbeatsTable, type TaskEventRow, taskEventsTable } from '../store/tables.ts';
import { type FieldError, pointerTo } from '../telemetry/errors.ts';
import { createBreather } from '../telemetry/turn.ts';
import { knownSamples, type SampleSpellings } from './known-samples.ts';
import { heartbeatRow, taskEventRow } from './native-rows.ts';
import type { Quarantine, QuarantineReason, Refusal } from './quarantine.ts';
import { RecentMap } from './recent-map.ts';
import { BrokenRecord, type Records } from './record-list.ts';
import { heartbeatSchema, type SampleRecord, sampleSchema, taskEventSchema } from './records.ts';
import { SampleBatch } from './sample-batch.ts';
import { SampleLines } from './sample-lines.ts';
import type { CardinalityLimit, SeriesAdmission } from './series-admission.ts';
import { maxTenants } from './series-book.ts';
import { StorableSeries } from './storable-series.ts';
import { clampTime, describeClamp, type TimeBounds, type TimeLimits, timeBounds } from './time-bounds.ts';
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
  /** Of those accepted, how many were ahead of our clock and stored under an earlier time. */
  clamped: number;
  /** The first hundred reasons, with pointers into the request: `/3/value`. */
  errors: FieldError[];
}

export interface NativeIngestOptions extends TimeLimits {
  writer: Writer;
  admission: SeriesAdmission;
  quarantine: Quarantine;
  now: () => Date;
}

export interface NativeIngest {
  heartbeats(records: Records, sender: Sender): Promise<Outcome>;
  events(records: Records, sender: Sender): Promise<Outcome>;
  samples(records: Records, sender: Sender): Promise<Outcome>;
}

const maxErrors = 100;
const recordsPerCheck = 16;
const maxSeriesPerTenant = 200_000;

/**
 * The native JSON protocol: checks records, turns them into rows, and returns when they are stored. Good records are
 * stored though others of the same request are refused.
 */
export function createNativeIngest({
  writer,
  admission,
  quarantine,
  now,
  ...timeLimits
}: NativeIngestOptions): NativeIngest {
  const spellings = new RecentMap<SampleSpellings>(maxTenants);

  function spellingsOf(tenant: string): SampleSpellings {
    let known = spellings.get(tenant);
    if (known === undefined) {
      known = { objects: new RecentMap(maxSeriesPerTenant), lines: new SampleLines() };
      spellings.set(tenant, known);
    }
    if (known.lines.patterns.isFull) known.lines = new SampleLines();
    return known;
  }

  /** Checks each record, keeps the good ones and stores them; the others go to quarantine. Answers what became of them. */
  async function take<T extends { time?: number | undefined }>(
    records: Records,
    { backfill, tenant, charge, receivedAt = now().getTime(), isReplay = false }: Sender,
    { kind, schema, limitOf = () => undefined, begin }: Taking<T>,
  ): Promise<Outcome> {
    charge?.(records.length);
    const nowMs = receivedAt;
    const bounds = timeBounds(timeLimits, { nowMs, backfill });
    // A heartbeat tells how far the clock of its agent is from ours, so its time is not touched.
    const clamping = { ...bounds, clampedUntil: kind === 'heartbeats' ? bounds.latest : bounds.clampedUntil };
    const { keep, keepKnown = () => false, store } = begin(bounds, records);
    let accepted = 0;
    let clamped = 0;
    const errors: FieldError[] = [];
    const refusals: Refusal[] = [];
    const notShown: Partial<Record<QuarantineReason, number>> = {};
    function setAside(reason: QuarantineReason, detail: string, record: unknown): void {
      if (refusals.length >= maxErrors) notShown[reason] = (notShown[reason] ?? 0) + 1;
      else refusals.push({ kind, reason, detail, record });
    }
    const breather = createBreather();
    for (let i = 0; i < records.length; i++) {
      if (i % recordsPerCheck === 0 && breather.isDue()) await breather.now();
      if (keepKnown(i)) {
        accepted++;
        continue;
      }
      const pointer = records.isList ? `/${i}` : '';
      const record = records.at(i);
      const checked = withinBudget(checkOne(record, schema, pointer, clamping), pointer, limitOf, nowMs);
      if (checked.ok) {
        keep(checked.record);
        accepted++;
        if (checked.clamp === undefined) continue;
        clamped++;
        setAside('clamped', checked.clamp, record);
        continue;
      }
      const { reason, errors: problems } = checked;
      for (const problem of problems.slice(0, maxErrors - errors.length)) errors.push(problem);
      setAside(reason, describeFirst(problems, pointer), record);
    }
    const kept = isReplay ? undefined : quarantine.keep({ tenant, source: 'native' }, refusals, notShown);
    await Promise.all([store(), kept]);
    return { accepted, clamped, refused: records.length - accepted, errors };
  }

  return {
    heartbeats: (records, sender) =>
      take(records, sender, {
        kind: 'heartbeats',
        schema: heartbeatSchema,
        limitOf: ({ agent }, nowMs) => admission.admitAgent(sender.tenant, agent, '', nowMs),
        begin({ nowMs }) {
          const rows: HeartbeatRow[] = [];
          return {
            keep: (heartbeat) => rows.push(heartbeatRow(heartbeat, sender, nowMs)),
            store: () => writer.write(heartbeatsTable, rows),
          };
        },
      }),
    events: (records, sender) =>
      take(records, sender, {
        kind: 'events',
        schema: taskEventSchema,
        limitOf: ({ agent, kind }, nowMs) => admission.admitAgent(sender.tenant, agent, kind, nowMs),
        begin({ nowMs }) {
          const rows: TaskEventRow[] = [];
          return {
            keep: (event) => rows.push(taskEventRow(event, sender, nowMs)),
            store: () => writer.write(taskEventsTable, rows),
          };
        },
      }),
    samples: (records, sender) =>
      take(records, sender, {
        kind: 'samples',
        schema: sampleSchema,
        begin(bounds, of) {
          const batch = new SampleBatch({ writer, admission }, sender, bounds.nowMs);
          const known = knownSamples(spellingsOf(sender.tenant), of, bounds);
          return {
            keepKnown(i) {
              const series = known.find(i);
              if (series !== undefined) batch.add(series, known.time, known.value);
              return series !== undefined;
            },
            keep: (sample) => batch.add(known.learn(seriesOf(sample, sender)), sample.time, sample.value),
            store: () => batch.store(),
          };
        },
      }),
  };
}

/** How the records of one kind are taken. */
interface Taking<T> {
  kind: keyof NativeIngest;
  schema: z.ZodType<T>;
  limitOf?: (record: T, nowMs: number) => CardinalityLimit | undefined;
  /** Begins the taking of one request. */
  begin: (
    bounds: TimeBounds,
    records: Records,
  ) => {
    /** Keeps a record that was checked. */
    keep: (record: T & { time: number }) => void;
    /** Keeps the record with a number when it needs no full check; false of any other. */
    keepKnown?: (i: number) => boolean;
    store: () => Promise<unknown>;
  };
}

type Checked<T> =
  | { ok: true; record: T & { time: number }; clamp?: string }
  | { ok: false; reason: QuarantineReason; errors: FieldError[] };

function checkOne<T extends { time?: number | undefined }>(
  record: unknown,
  schema: z.ZodType<T>,
  pointer: string,
  bounds: TimeBounds,
): Checked<T> {
  const { nowMs, earliest, latest } = bounds;
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
  const clamped = clampTime(time, bounds);
  if (clamped !== undefined)
    return { ok: true, record: { ...parsed.data, time: clamped }, clamp: describeClamp(time, clamped) };
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

/** The first fault of a record that stands alone: its field and what is wrong with it. */
function describeFirst([first]: readonly FieldError[], record: string): string {
  if (first === undefined) return '';
  const field = first.pointer.slice(record.length + 1).replaceAll('/', '.');
  return field === '' ? first.detail : `${field}: ${first.detail}`;
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

function seriesOf({ metric, labels, agent, aggregation, unit }: SampleRecord, { tenant }: Sender): StorableSeries {
  const all = agent === undefined ? labels : { ...labels, agent };
  const series_id = seriesId(tenant, metric, all);
  return new StorableSeries({ tenant, metric, series_id, labels: all, aggregation, unit });
}

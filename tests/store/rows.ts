import { z } from 'zod';
import { defineQuery } from '../../store/query.ts';
import { seriesId } from '../../store/series-id.ts';
import type { RowOf, Table } from '../../store/table.ts';
import {
  type Aggregation,
  type forecastScoresTable,
  type HeartbeatRow,
  heartbeatsTable,
  type SampleRow,
  samplesTable,
  seriesTable,
  type TaskEventRow,
  taskEventsTable,
} from '../../store/tables.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** A Monday, 00:00 UTC. */
export const mondayMs = Date.UTC(2026, 0, 5);
/** Far beyond what any test reaches, so that no TTL drops its rows. */
export const farDay = Date.UTC(2100, 0, 1) / dayMs;
const kept = { raw_until: farDay, rollup_until: farDay };

export function heartbeat(tenant: string, agent: string, time: number, rest: Partial<HeartbeatRow> = {}): HeartbeatRow {
  return {
    tenant,
    agent,
    agent_type: 'testing',
    version: '1.0.0',
    status: 'ok',
    time,
    received_at: time,
    interval_seconds: 60,
    labels: {},
    ...kept,
    ...rest,
  };
}

let events = 0;

export function taskEvent(
  tenant: string,
  kind: string,
  state: string,
  time: number,
  rest: Partial<TaskEventRow> = {},
): TaskEventRow {
  events++;
  return {
    tenant,
    event_id: `event-${events}`,
    time,
    received_at: time,
    agent: 'worker-1',
    task: `task-${events}`,
    kind,
    state,
    duration_seconds: null,
    progress_ratio: null,
    attempt: 1,
    correlation_id: '',
    error: '',
    attributes: {},
    ...kept,
    ...rest,
  };
}

export function insertHeartbeats(store: TelemetryStore, rows: readonly HeartbeatRow[]): Promise<void> {
  return store.insert(heartbeatsTable, rows);
}

export function insertTaskEvents(store: TelemetryStore, rows: readonly TaskEventRow[]): Promise<void> {
  return store.insert(taskEventsTable, rows);
}

/** What became of the first six hours of a forecast by `combined` that fell due at `dueAt`. */
export function forecastScore(
  tenant: string,
  series_id: string,
  dueAt: number,
  rest: Partial<RowOf<typeof forecastScoresTable>> = {},
): RowOf<typeof forecastScoresTable> {
  return {
    ...{ tenant, series_id, forecaster: 'combined', issued_at: dueAt - 6 * hourMs, horizon_hours: 6, due_at: dueAt },
    ...{ chosen: 1, observed: 6, abs_error: 0.5, naive_abs_error: 1, scale: 1, pinball: 0.2, bias: 0.1 },
    ...{ levels: [0.1, 0.5, 0.9], below: [0.2, 0.5, 0.9], until: farDay },
    ...rest,
  };
}

export interface TestSeries {
  tenant: string;
  metric: string;
  labels?: Record<string, string>;
  aggregation?: Aggregation;
  points: readonly { time: number; value: number }[];
}

/** Stores a series with its name; answers its identifier. */
export async function insertSeries(store: TelemetryStore, series: TestSeries): Promise<string> {
  const { tenant, metric, labels = {}, aggregation = 'avg', points } = series;
  const series_id = seriesId(tenant, metric, labels);
  await store.insert(seriesTable, [{ tenant, metric, series_id, labels, aggregation, unit: '' }]);
  const rows = points.map(({ time, value }): SampleRow => ({ tenant, series_id, time, value, aggregation, ...kept }));
  await store.insert(samplesTable, rows);
  return series_id;
}

/** Every row of a table as ClickHouse shows it, merged, in the order of all columns. */
export function readAll(store: TelemetryStore, table: string, tenant: string): Promise<Record<string, unknown>[]> {
  const query = defineQuery({
    name: 'read_all',
    sql: `SELECT * FROM ${table} FINAL WHERE tenant = {tenant:String} ORDER BY ALL`,
    params: z.object({ tenant: z.string() }),
    row: z.record(z.string(), z.unknown()),
  });
  return store.query(query, { tenant });
}

/** The number of rows of a table as they lie there, not merged. */
export async function countRows(store: TelemetryStore, table: string, tenant: string): Promise<number> {
  const query = defineQuery({
    name: 'count_rows',
    sql: `SELECT count() AS rows FROM ${table} WHERE tenant = {tenant:String}`,
    params: z.object({ tenant: z.string() }),
    row: z.object({ rows: z.coerce.number() }),
  });
  return (await store.query(query, { tenant }))[0]!.rows;
}

/** The rows of the tenants that begin with `prefix`, read back in the form in which they are inserted, in their order. */
export async function readRows<T extends Table>(store: TelemetryStore, table: T, prefix: string): Promise<RowOf<T>[]> {
  const columns = Object.entries(table.columns).map(([name, kind]) => `${selectors[kind](`t.${name}`)} AS ${name}`);
  const query = defineQuery({
    name: 'read_rows',
    sql: `SELECT ${columns.join(', ')} FROM ${table.name} AS t WHERE startsWith(t.tenant, {prefix:String}) ORDER BY t.tenant`,
    params: z.object({ prefix: z.string() }),
    row: z.record(z.string(), z.unknown()),
  });
  const rows = await store.query(query, { prefix });
  return rows.map((row) => {
    const entries = Object.entries(table.columns).map(([name, kind]) => [name, decoders[kind](row[name])]);
    return Object.fromEntries(entries) as RowOf<T>;
  });
}

type Kind = Table['columns'][string];
const float = (text: unknown) => ({ nan: Number.NaN, inf: Infinity, '-inf': -Infinity })[String(text)] ?? Number(text);

/** Numbers are read as text, for JSON has no NaN. */
const selectors: Record<Kind, (column: string) => string> = {
  text: (column) => `toString(${column})`,
  number: (column) => `toString(toFloat64(${column}))`,
  optionalNumber: (column) => `toString(${column})`,
  id: (column) => `toString(${column})`,
  time: (column) => `toUnixTimestamp64Milli(${column})`,
  optionalTime: (column) => `toUnixTimestamp64Milli(${column})`,
  date: (column) => `toUInt16(${column})`,
  map: (column) => column,
  numbers: (column) => `arrayMap(x -> toString(x), ${column})`,
};

const nullable = (decode: (value: unknown) => unknown) => (value: unknown) => (value === null ? null : decode(value));
const decoders: Record<Kind, (value: unknown) => unknown> = {
  text: String,
  number: float,
  optionalNumber: nullable(float),
  id: String,
  time: Number,
  optionalTime: nullable(Number),
  date: Number,
  map: (value) => value,
  numbers: (value) => (value as string[]).map(float),
};

/** Samples of one series, a second apart. */
export function sampleRows(tenant: string, values: readonly number[]): SampleRow[] {
  return values.map((value, i) => ({
    tenant,
    series_id: seriesId(tenant, 'cpu', {}),
    time: mondayMs + i * 1000,
    value,
    aggregation: 'sum',
    ...kept,
  }));
}

/** What the minute rollup of the samples of `sampleRows` counts. */
export async function rolledUp(store: TelemetryStore, tenant: string): Promise<number> {
  const query = defineQuery({
    name: 'rolled_up',
    sql: 'SELECT sum(r.count) AS count FROM rollup_minute AS r WHERE tenant = {tenant:String}',
    params: z.object({ tenant: z.string() }),
    row: z.object({ count: z.coerce.number() }),
  });
  return (await store.query(query, { tenant }))[0]!.count;
}

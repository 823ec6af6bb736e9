import { z } from 'zod';
import { defineQuery } from '../../store/query.ts';
import type { TelemetryStore } from '../../store/telemetry.ts';

/** Rows of heartbeats as they were written, before any merge by the readers. */
const heartbeatRows = defineQuery({
  name: 'test_heartbeat_rows',
  sql: `SELECT agent AS name, count() AS count FROM heartbeats GROUP BY agent ORDER BY agent`,
  params: z.object({}),
  row: z.object({ name: z.string(), count: z.coerce.number() }),
});

const eventRows = defineQuery({
  name: 'test_event_rows',
  sql: `SELECT event_id AS name, count() AS count FROM task_events GROUP BY event_id ORDER BY event_id`,
  params: z.object({}),
  row: z.object({ name: z.string(), count: z.coerce.number() }),
});

/** Samples of a series, counted in the rollups, where a row that is stored twice counts twice for ever. */
const sampleRows = defineQuery({
  name: 'test_sample_rows',
  sql: `SELECT s.labels['id'] AS name, sum(r.count) AS count FROM rollup_hour AS r
    INNER JOIN (SELECT series_id, anyLast(labels) AS labels FROM series WHERE metric = {metric:String} GROUP BY series_id) AS s
      ON s.series_id = r.series_id
    GROUP BY name ORDER BY name`,
  params: z.object({ metric: z.string() }),
  row: z.object({ name: z.string(), count: z.coerce.number() }),
});

/** The changes of queues, which the views derive of task events: one of each that is queued. */
const derivedChanges = defineQuery({
  name: 'test_derived_changes',
  sql: `SELECT toFloat64(sum(r.sum)) AS count FROM rollup_minute AS r
    WHERE series_id IN (SELECT series_id FROM series WHERE metric = 'task_queue_change')`,
  params: z.object({}),
  row: z.object({ count: z.number() }),
});

export type Counts = Map<string, number>;

const toMap = (rows: { name: string; count: number }[]): Counts =>
  new Map(rows.map(({ name, count }) => [name, count]));

/** How often each heartbeat is stored, by agent. */
export const countHeartbeats = async (store: TelemetryStore): Promise<Counts> =>
  toMap(await store.query(heartbeatRows, {}));

/** How often each task event is stored, by event id. */
export const countEvents = async (store: TelemetryStore): Promise<Counts> => toMap(await store.query(eventRows, {}));

/** How many samples of a metric each series has, by its label `id`. */
export const countSamples = async (store: TelemetryStore, metric: string): Promise<Counts> =>
  toMap(await store.query(sampleRows, { metric }));

/** The sum of the series `task_queue_change` in the rollups. */
export async function countDerivedChanges(store: TelemetryStore): Promise<number> {
  const [row] = await store.query(derivedChanges, {});
  return row?.count ?? 0;
}

/** What each series of a metric adds up to in the rollups, by its label `id`. */
const seriesSums = defineQuery({
  name: 'test_series_sums',
  sql: `SELECT s.labels['id'] AS name, toFloat64(sum(r.sum)) AS count FROM rollup_hour AS r
    INNER JOIN (SELECT series_id, anyLast(labels) AS labels FROM series WHERE metric = {metric:String} GROUP BY series_id) AS s
      ON s.series_id = r.series_id
    GROUP BY name ORDER BY name`,
  params: z.object({ metric: z.string() }),
  row: z.object({ name: z.string(), count: z.number() }),
});

/** The sum of the values of each series of a metric, by its label `id`. */
export const sumSamples = async (store: TelemetryStore, metric: string): Promise<Counts> =>
  toMap(await store.query(seriesSums, { metric }));

import { defineTable, type RowOf } from './table.ts';

/** How the values of one bucket become one; the order is that of the Enum8 in the schema. */
export const aggregations = ['avg', 'sum', 'min', 'max', 'last', 'p50', 'p95', 'p99'] as const;
export type Aggregation = (typeof aggregations)[number];

export const samplesTable = defineTable('samples', {
  tenant: 'text',
  series_id: 'id',
  time: 'time',
  value: 'number',
  aggregation: 'text',
  raw_until: 'date',
  rollup_until: 'date',
});

export const seriesTable = defineTable('series', {
  tenant: 'text',
  metric: 'text',
  series_id: 'id',
  labels: 'map',
  aggregation: 'text',
  unit: 'text',
});

export const heartbeatsTable = defineTable('heartbeats', {
  tenant: 'text',
  agent: 'text',
  agent_type: 'text',
  version: 'text',
  status: 'text',
  time: 'time',
  received_at: 'time',
  interval_seconds: 'number',
  labels: 'map',
  raw_until: 'date',
  rollup_until: 'date',
});

export const taskEventsTable = defineTable('task_events', {
  tenant: 'text',
  event_id: 'text',
  time: 'time',
  received_at: 'time',
  agent: 'text',
  task: 'text',
  kind: 'text',
  state: 'text',
  duration_seconds: 'optionalNumber',
  progress_ratio: 'optionalNumber',
  attempt: 'number',
  correlation_id: 'text',
  error: 'text',
  attributes: 'map',
  raw_until: 'date',
  rollup_until: 'date',
});

export const scoresTable = defineTable('scores', {
  tenant: 'text',
  series_id: 'id',
  time: 'time',
  detector: 'text',
  value: 'number',
  score: 'number',
  expected: 'number',
  lower: 'number',
  upper: 'number',
  maturity: 'number',
  until: 'date',
});

export const anomaliesTable = defineTable('anomalies', {
  tenant: 'text',
  anomaly_id: 'text',
  series_id: 'id',
  detector: 'text',
  started_at: 'time',
  ended_at: 'optionalTime',
  peak_at: 'time',
  peak_score: 'number',
  peak_value: 'number',
  expected: 'number',
  lower: 'number',
  upper: 'number',
  maturity: 'number',
  reason: 'text',
  as_of: 'time',
  until: 'date',
  withdrawn: 'number',
  held_back_by: 'text',
});

export const levelShiftsTable = defineTable('level_shifts', {
  tenant: 'text',
  shift_id: 'text',
  series_id: 'id',
  detector: 'text',
  accepted_at: 'time',
  known_at: 'time',
  from_level: 'number',
  to_level: 'number',
  withdrawn: 'number',
  until: 'date',
});

export const detectorStatesTable = defineTable('detector_states', {
  tenant: 'text',
  detector: 'text',
  series_id: 'id',
  day: 'date',
  as_of: 'time',
  state: 'text',
  until: 'date',
});

export const forecastsTable = defineTable('forecasts', {
  tenant: 'text',
  series_id: 'id',
  forecaster: 'text',
  issued_at: 'time',
  step_seconds: 'number',
  mean: 'numbers',
  levels: 'numbers',
  quantiles: 'numbers',
  chosen: 'number',
  mase: 'number',
  until: 'date',
  naive_mase: 'number',
  tested_steps: 'number',
  folds: 'number',
  members: 'text',
  replaced_because: 'text',
});

export const incidentsTable = defineTable('incidents', {
  tenant: 'text',
  incident_id: 'text',
  created_at: 'time',
  started_at: 'time',
  peak_at: 'time',
  ended_at: 'optionalTime',
  cause: 'text',
  severity: 'text',
  title: 'text',
  peak_score: 'number',
  maturity: 'number',
  finding_count: 'number',
  agents: 'text',
  metrics: 'text',
  types: 'text',
  suspects: 'text',
  findings: 'text',
  merged_into: 'text',
  withdrawn: 'number',
  as_of: 'time',
  until: 'date',
});

export const quarantineTable = defineTable('quarantine', {
  tenant: 'text',
  id: 'text',
  time: 'time',
  source: 'text',
  kind: 'text',
  reason: 'text',
  detail: 'text',
  record: 'text',
  replayed_at: 'optionalTime',
  until: 'date',
});

export const forecastScoresTable = defineTable('forecast_scores', {
  tenant: 'text',
  series_id: 'id',
  forecaster: 'text',
  issued_at: 'time',
  horizon_hours: 'number',
  due_at: 'time',
  chosen: 'number',
  observed: 'number',
  abs_error: 'number',
  naive_abs_error: 'number',
  scale: 'number',
  pinball: 'number',
  bias: 'number',
  levels: 'numbers',
  below: 'numbers',
  until: 'date',
});

export const allTables = [
  samplesTable,
  seriesTable,
  heartbeatsTable,
  taskEventsTable,
  scoresTable,
  anomaliesTable,
  levelShiftsTable,
  detectorStatesTable,
  forecastsTable,
  forecastScoresTable,
  incidentsTable,
  quarantineTable,
] as const;

export type SampleRow = RowOf<typeof samplesTable>;
export type SeriesRow = RowOf<typeof seriesTable>;
export type HeartbeatRow = RowOf<typeof heartbeatsTable>;
export type TaskEventRow = RowOf<typeof taskEventsTable>;

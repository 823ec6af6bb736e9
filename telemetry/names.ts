/**
 * Every metric that Fleetcast exports, and every label on them, is named here and nowhere else: the exporter, the
 * alerting rules and the dashboards import these.
 */
export const metricNames = {
  agents: 'fleetcast_agents',
  agentUp: 'fleetcast_agent_up',
  agentHeartbeatAge: 'fleetcast_agent_heartbeat_age_seconds',
  agentClockSkew: 'fleetcast_agent_clock_skew_seconds',
  anomaliesOpen: 'fleetcast_anomalies_open',
  incidentsOpen: 'fleetcast_incidents_open',
  streamClients: 'fleetcast_stream_clients',
  streamStalls: 'fleetcast_stream_stalls_total',
  forecastSkill: 'fleetcast_forecast_skill_ratio',
  forecastCoverage: 'fleetcast_forecast_coverage_ratio',
  forecastBias: 'fleetcast_forecast_bias_ratio',
  forecastScores: 'fleetcast_forecast_scores',
  forecastReplaced: 'fleetcast_forecast_replaced_series',
  sloBurnRate: 'fleetcast_slo_burn_rate_ratio',
  sloBudgetRemaining: 'fleetcast_slo_error_budget_remaining_ratio',
  sloIndicator: 'fleetcast_slo_indicator_ratio',
  sloMeasured: 'fleetcast_slo_measured_ratio',
  sloObjective: 'fleetcast_slo_objective_ratio',
  jobDuration: 'fleetcast_job_duration_seconds',
  jobLag: 'fleetcast_job_lag_seconds',
  jobInterval: 'fleetcast_job_interval_seconds',
  jobRuns: 'fleetcast_job_runs_total',
  jobFailures: 'fleetcast_job_failures_total',
  ingestRecords: 'fleetcast_ingest_records_total',
  ingestSkipped: 'fleetcast_ingest_skipped_total',
  rateLimited: 'fleetcast_rate_limited_total',
  overflowSamples: 'fleetcast_overflow_samples_total',
  seriesActive: 'fleetcast_series_active',
  seriesBudget: 'fleetcast_series_budget',
  ingestBatchRows: 'fleetcast_ingest_batch_rows',
  ingestFlushDuration: 'fleetcast_ingest_flush_duration_seconds',
  ingestQueuedRows: 'fleetcast_ingest_queued_rows',
  ingestDuplicates: 'fleetcast_ingest_duplicates_total',
  ingestQuarantined: 'fleetcast_ingest_quarantined_total',
  spoolBytes: 'fleetcast_spool_bytes',
  ingestBodyBytes: 'fleetcast_ingest_body_bytes',
  pressureRefusals: 'fleetcast_pressure_refusals_total',
  storeParts: 'fleetcast_store_parts',
  storeMerges: 'fleetcast_store_merges',
  storeFreeBytes: 'fleetcast_store_free_bytes',
  spoolAge: 'fleetcast_spool_age_seconds',
  spoolWriteDuration: 'fleetcast_spool_write_duration_seconds',
  httpRequestDuration: 'fleetcast_http_request_duration_seconds',
  storeQueryDuration: 'fleetcast_store_query_duration_seconds',
  storeQueryFailures: 'fleetcast_store_query_failures_total',
  workerTaskDuration: 'fleetcast_worker_task_duration_seconds',
  detectFailures: 'fleetcast_detect_failures_total',
  modelLoadFailures: 'fleetcast_model_load_failures_total',
  degraded: 'fleetcast_degraded',
  buildInfo: 'fleetcast_build_info',
} as const;

export const labelNames = {
  tenant: 'tenant',
  agent: 'agent',
  type: 'type',
  state: 'state',
  severity: 'severity',
  slo: 'slo',
  window: 'window',
  job: 'job',
  kind: 'kind',
  outcome: 'outcome',
  reason: 'reason',
  table: 'table',
  route: 'route',
  method: 'method',
  status: 'status',
  query: 'query',
  component: 'component',
  limit: 'limit',
  version: 'version',
  task: 'task',
  forecaster: 'forecaster',
  horizon: 'horizon',
  interval: 'interval',
  source: 'source',
} as const;

/**
 * The states of an agent, as `fleetcast_agents{state}`, `GET /v1/agents` and its transitions give them. Whoever is heard in time is new for
 * a while when it was never heard before, recovered for a while after it was down, and else up.
 */
export const agentStates = ['new', 'up', 'late', 'down', 'recovered'] as const;
export type AgentState = (typeof agentStates)[number];

/** The states of those that are heard in time. */
export const heardStates = ['new', 'up', 'recovered'] as const satisfies readonly AgentState[];

/** The look-back windows of burn rates, as the label `window` spells them, in seconds. */
export const burnWindowSeconds = {
  '5m': 300,
  '30m': 1800,
  '1h': 3600,
  '2h': 7200,
  '6h': 21_600,
  '1d': 86_400,
  '3d': 259_200,
} as const;
export type BurnWindow = keyof typeof burnWindowSeconds;

/** What became of a record, as `fleetcast_ingest_records_total{outcome}` counts it: refused is the sender's, failed ours. */
export const ingestOutcomes = ['stored', 'refused', 'failed'] as const;
export type IngestOutcome = (typeof ingestOutcomes)[number];

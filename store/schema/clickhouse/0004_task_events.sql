CREATE TABLE IF NOT EXISTS task_events
(
    tenant           LowCardinality(String),
    event_id         String COMMENT 'names the event for ever; the same one twice is one event',
    time             DateTime64(3, 'UTC') COMMENT 'by the clock of the agent' CODEC(DoubleDelta, ZSTD(1)),
    received_at      DateTime64(3, 'UTC') COMMENT 'by the clock of Fleetcast' CODEC(DoubleDelta, ZSTD(1)),
    agent            String COMMENT 'empty while no agent has the task',
    task             String,
    kind             LowCardinality(String),
    state            LowCardinality(String) COMMENT 'queued, started, progressed, succeeded, failed, retried, dead',
    duration_seconds Nullable(Float64),
    progress_ratio   Nullable(Float64),
    attempt          Float64,
    correlation_id   String,
    error            String,
    attributes       Map(String, String),
    raw_until        Date,
    rollup_until     Date
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, toDate(time), kind, task, event_id)
TTL raw_until
SETTINGS non_replicated_deduplication_window = 10000;

-- An attempt ends by succeeded or failed; dead and retried say what becomes of the task afterwards. Failures are
-- counted with a 0 for each success, so that a series without failures is 0 and not missing.
CREATE MATERIALIZED VIEW IF NOT EXISTS task_events_to_derived_samples TO derived_samples AS
SELECT
    tenant,
    sample.1 AS metric,
    sample.2 AS labels,
    sample.3 AS aggregation,
    sample.4 AS unit,
    time,
    sample.5 AS value,
    raw_until,
    rollup_until
FROM
(
    SELECT
        tenant, time, raw_until, rollup_until,
        arrayJoin(arrayFilter(s -> s.6, [
            ('tasks_finished_total', map('agent', agent, 'kind', toString(kind)), 'sum', '1', 1., state IN ('succeeded', 'failed')),
            ('tasks_failed_total', map('agent', agent, 'kind', toString(kind)), 'sum', '1', if(state = 'failed', 1., 0.), state IN ('succeeded', 'failed')),
            ('tasks_dead_total', map('agent', agent, 'kind', toString(kind)), 'sum', '1', 1., state = 'dead'),
            ('task_duration_seconds', map('agent', agent, 'kind', toString(kind)), 'p95', 's', ifNull(duration_seconds, 0.), state IN ('succeeded', 'failed') AND duration_seconds IS NOT NULL),
            ('task_queue_change', map('kind', toString(kind)), 'sum', '1', if(state = 'started', -1., 1.), state IN ('queued', 'retried', 'started'))
        ])) AS sample
    FROM task_events
);

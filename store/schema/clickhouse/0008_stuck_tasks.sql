-- Attempts of tasks that went on for longer than their kind does, without a word. Dead agents are another matter.
CREATE TABLE IF NOT EXISTS stuck_tasks
(
    tenant         LowCardinality(String),
    task           String,
    kind           LowCardinality(String),
    agent          String,
    correlation_id String,
    attempt        Float64,
    last_event_at  DateTime64(3, 'UTC') COMMENT 'the last that was heard of it',
    stuck_at       DateTime64(3, 'UTC') COMMENT 'when it became longer than the limit ago',
    limit_seconds  Float64 COMMENT 'of its kind',
    ended_at       Nullable(DateTime64(3, 'UTC')) COMMENT 'when something was heard again; null while it is stuck',
    as_of          DateTime64(3, 'UTC') COMMENT 'the end of the window that wrote the row; the latest counts',
    until          Date
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY (tenant, task, last_event_at)
TTL until;

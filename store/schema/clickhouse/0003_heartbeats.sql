CREATE TABLE IF NOT EXISTS heartbeats
(
    tenant           LowCardinality(String),
    agent            String,
    agent_type       LowCardinality(String),
    version          LowCardinality(String),
    status           LowCardinality(String) COMMENT 'what the agent says of itself: ok, degraded, stopping',
    time             DateTime64(3, 'UTC') COMMENT 'by the clock of the agent' CODEC(DoubleDelta, ZSTD(1)),
    received_at      DateTime64(3, 'UTC') COMMENT 'by the clock of Fleetcast' CODEC(DoubleDelta, ZSTD(1)),
    interval_seconds Float64 COMMENT 'the agent promises the next heartbeat within this time',
    labels           Map(String, String),
    raw_until        Date,
    rollup_until     Date
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, toDate(time), agent, time)
TTL raw_until
SETTINGS non_replicated_deduplication_window = 10000;

-- The latest word of each agent.
CREATE TABLE IF NOT EXISTS agents
(
    tenant           LowCardinality(String),
    agent            String,
    first_seen       SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_seen        SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    agent_type       AggregateFunction(argMax, String, DateTime64(3, 'UTC')),
    version          AggregateFunction(argMax, String, DateTime64(3, 'UTC')),
    status           AggregateFunction(argMax, String, DateTime64(3, 'UTC')),
    interval_seconds AggregateFunction(argMax, Float64, DateTime64(3, 'UTC')),
    labels           AggregateFunction(argMax, Map(String, String), DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant, agent);

CREATE MATERIALIZED VIEW IF NOT EXISTS heartbeats_to_agents TO agents AS
SELECT
    tenant,
    agent,
    min(h.time) AS first_seen,
    max(h.time) AS last_seen,
    argMaxState(h.agent_type, h.time) AS agent_type,
    argMaxState(h.version, h.time) AS version,
    argMaxState(h.status, h.time) AS status,
    argMaxState(h.interval_seconds, h.time) AS interval_seconds,
    argMaxState(h.labels, h.time) AS labels
FROM heartbeats AS h
GROUP BY tenant, agent;

-- A heartbeat attests the interval before it: every minute that (time - interval, time] touches was up. A minute
-- that no heartbeat attests has no point: it is unmeasured, which is not up.
CREATE MATERIALIZED VIEW IF NOT EXISTS heartbeats_to_derived_samples TO derived_samples AS
SELECT
    tenant,
    'agent_up_ratio' AS metric,
    map('agent', h.agent) AS labels,
    'max' AS aggregation,
    '1' AS unit,
    toDateTime64(arrayJoin(range(
        toUInt32(toUnixTimestamp(toStartOfMinute(addMilliseconds(h.time, -1000 * least(h.interval_seconds, 3600) + 1), 'UTC'))),
        toUInt32(toUnixTimestamp(toStartOfMinute(h.time, 'UTC'))) + 1,
        60)), 3, 'UTC') AS time,
    1 AS value,
    raw_until,
    rollup_until
FROM heartbeats AS h;

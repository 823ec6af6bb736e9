-- How far the clock of each agent is from ours. One row an agent once merged.
CREATE TABLE IF NOT EXISTS agent_clocks
(
    tenant         LowCardinality(String),
    agent          String,
    skew_seconds   Float64 COMMENT 'positive while the clock of the agent is ahead of ours',
    spread_seconds Float64 COMMENT 'how much longer than the quickest its heartbeats were under way, at the median',
    heartbeats     UInt32 COMMENT 'of which the estimate was made',
    as_of          DateTime64(3, 'UTC') COMMENT 'the end of the time that was looked at; the latest counts',
    until          Date
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY (tenant, agent)
TTL until;

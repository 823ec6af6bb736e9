-- How often agents are heard, learned from the gaps between their heartbeats.
CREATE TABLE IF NOT EXISTS agent_intervals
(
    tenant          LowCardinality(String),
    agent           String,
    hour            DateTime('UTC') COMMENT 'the hour for which it holds; learned from the 24 before',
    learned_seconds Float64 COMMENT 'the longest gap of a typical hour',
    hours           UInt32 COMMENT 'of which it was learned',
    until           Date
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, agent, hour)
TTL until;

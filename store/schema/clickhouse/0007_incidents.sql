-- Findings that belong together. The structures are JSON, for they are read whole.
CREATE TABLE IF NOT EXISTS incidents
(
    tenant        LowCardinality(String),
    incident_id   String,
    created_at    DateTime64(3, 'UTC') COMMENT 'the end of the window that first wrote it',
    started_at    DateTime64(3, 'UTC'),
    peak_at       DateTime64(3, 'UTC'),
    ended_at      Nullable(DateTime64(3, 'UTC')) COMMENT 'null while any of its findings is open',
    cause         LowCardinality(String) COMMENT 'anomalies, silence, fleet_silence, stuck_tasks',
    severity      LowCardinality(String) COMMENT 'info, warning, critical; capped by maturity',
    title         String,
    peak_score    Float64,
    maturity      Float64 COMMENT 'of its most mature finding, 0 to 1',
    finding_count Float64,
    agents        String COMMENT 'JSON: names',
    metrics       String COMMENT 'JSON: names',
    types         String COMMENT 'JSON: names of agent types',
    suspects      String COMMENT 'JSON: component, score, reasons; the likeliest first',
    findings      String COMMENT 'JSON: the findings, the earliest first' CODEC(ZSTD(3)),
    merged_into   String COMMENT 'the incident that it has become a part of; empty for none',
    withdrawn     UInt8 COMMENT '1 when none of its findings is left',
    as_of         DateTime64(3, 'UTC') COMMENT 'the end of the window that changed it last; the latest counts',
    until         Date
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY (tenant, incident_id)
TTL until;

-- What an incident needs to know of a silence.
ALTER TABLE agent_transitions
    ADD COLUMN IF NOT EXISTS since DateTime64(3, 'UTC') DEFAULT time COMMENT 'the heartbeat before the silence; of an agent that is heard, its own',
    ADD COLUMN IF NOT EXISTS expected_seconds Float64 DEFAULT 60 COMMENT 'the next heartbeat was expected within this time',
    ADD COLUMN IF NOT EXISTS status LowCardinality(String) DEFAULT '' COMMENT 'what the agent last said of itself';

-- Records that were not taken as they came: refused, too old, too far ahead, or refused by ClickHouse itself. The
-- latest row of a key counts: one that was replayed says when.
CREATE TABLE IF NOT EXISTS quarantine
(
    tenant      LowCardinality(String),
    id          String COMMENT 'the same when the same row is refused again',
    time        DateTime64(3, 'UTC') COMMENT 'when it was refused, by the clock of Fleetcast',
    source      LowCardinality(String) COMMENT 'the protocol by which it came, or store',
    kind        LowCardinality(String) COMMENT 'heartbeats, events, samples, or the table of a row that the store refused',
    reason      LowCardinality(String) COMMENT 'invalid, late, future, clamped, store',
    detail      String COMMENT 'what is wrong with it, in words',
    record      String COMMENT 'as it came, as JSON; cut when it is long',
    replayed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it was sent again from here',
    until       Date
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, time, id)
TTL until
SETTINGS non_replicated_deduplication_window = 1000;

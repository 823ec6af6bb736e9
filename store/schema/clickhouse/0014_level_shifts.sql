-- Levels that lasted outside of the band until they were taken for what is ordinary. The last row of a key counts.
CREATE TABLE IF NOT EXISTS level_shifts
(
    tenant      LowCardinality(String),
    shift_id    String,
    series_id   UInt64,
    detector    LowCardinality(String),
    accepted_at DateTime64(3, 'UTC') COMMENT 'the bucket from which on the new level is expected',
    known_at    DateTime64(3, 'UTC') COMMENT 'the end of that bucket',
    from_level  Float64 COMMENT 'what was expected on average since the shift began, in the unit of the series',
    to_level    Float64 COMMENT 'what came instead',
    withdrawn   UInt8 DEFAULT 0 COMMENT '1 when a later run over the same time no longer found it',
    until       Date
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, series_id, detector, accepted_at)
TTL until;

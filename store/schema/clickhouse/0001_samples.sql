-- Raw samples, as they came. A series is (tenant, series_id); its name and labels stand in `series`.
-- The day stands before the series in the key, for the jobs read a short time of all series far more often than a
-- long time of one.
CREATE TABLE IF NOT EXISTS samples
(
    tenant       LowCardinality(String),
    series_id    UInt64 COMMENT 'xxHash64 of tenant, metric and sorted labels',
    time         DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    value        Float64 COMMENT 'in the unit of the series' CODEC(Gorilla, ZSTD(1)),
    aggregation  Enum8('avg' = 1, 'sum' = 2, 'min' = 3, 'max' = 4, 'last' = 5, 'p50' = 6, 'p95' = 7, 'p99' = 8) COMMENT 'how values of one bucket become one',
    raw_until    Date COMMENT 'day on which the row may be dropped',
    rollup_until Date COMMENT 'day on which its rollups may be dropped'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, toDate(time), series_id, time)
TTL raw_until
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS rollup_minute
(
    tenant       LowCardinality(String),
    series_id    UInt64,
    bucket       DateTime('UTC') COMMENT 'start of the minute' CODEC(DoubleDelta, ZSTD(1)),
    aggregation  SimpleAggregateFunction(any, Enum8('avg' = 1, 'sum' = 2, 'min' = 3, 'max' = 4, 'last' = 5, 'p50' = 6, 'p95' = 7, 'p99' = 8)),
    count        SimpleAggregateFunction(sum, UInt64),
    sum          SimpleAggregateFunction(sum, Float64),
    min          SimpleAggregateFunction(min, Float64),
    max          SimpleAggregateFunction(max, Float64),
    last         AggregateFunction(argMax, Float64, Tuple(DateTime64(3, 'UTC'), DateTime64(6, 'UTC'))) COMMENT 'by time, and of one time by when it was stored',
    distribution AggregateFunction(quantilesTDigestIf(0.5, 0.95, 0.99), Float64, UInt8) COMMENT 'empty but for series with a quantile as aggregation',
    rollup_until SimpleAggregateFunction(max, Date)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (tenant, toDate(bucket), series_id, bucket)
TTL rollup_until
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS rollup_hour
(
    tenant       LowCardinality(String),
    series_id    UInt64,
    bucket       DateTime('UTC') COMMENT 'start of the hour' CODEC(DoubleDelta, ZSTD(1)),
    aggregation  SimpleAggregateFunction(any, Enum8('avg' = 1, 'sum' = 2, 'min' = 3, 'max' = 4, 'last' = 5, 'p50' = 6, 'p95' = 7, 'p99' = 8)),
    count        SimpleAggregateFunction(sum, UInt64),
    sum          SimpleAggregateFunction(sum, Float64),
    min          SimpleAggregateFunction(min, Float64),
    max          SimpleAggregateFunction(max, Float64),
    last         AggregateFunction(argMax, Float64, Tuple(DateTime64(3, 'UTC'), DateTime64(6, 'UTC'))) COMMENT 'by time, and of one time by when it was stored',
    distribution AggregateFunction(quantilesTDigestIf(0.5, 0.95, 0.99), Float64, UInt8) COMMENT 'empty but for series with a quantile as aggregation',
    rollup_until SimpleAggregateFunction(max, Date)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (tenant, series_id, bucket)
TTL rollup_until
SETTINGS non_replicated_deduplication_window = 10000;

CREATE MATERIALIZED VIEW IF NOT EXISTS samples_to_rollup_minute TO rollup_minute AS
SELECT
    tenant,
    series_id,
    toStartOfMinute(s.time, 'UTC') AS bucket,
    any(s.aggregation) AS aggregation,
    count() AS count,
    sum(s.value) AS sum,
    min(s.value) AS min,
    max(s.value) AS max,
    argMaxState(s.value, (s.time, now64(6, 'UTC'))) AS last,
    quantilesTDigestIfState(0.5, 0.95, 0.99)(s.value, s.aggregation IN ('p50', 'p95', 'p99')) AS distribution,
    max(s.rollup_until) AS rollup_until
FROM samples AS s
GROUP BY tenant, series_id, bucket;

CREATE MATERIALIZED VIEW IF NOT EXISTS samples_to_rollup_hour TO rollup_hour AS
SELECT
    tenant,
    series_id,
    toStartOfHour(s.time, 'UTC') AS bucket,
    any(s.aggregation) AS aggregation,
    count() AS count,
    sum(s.value) AS sum,
    min(s.value) AS min,
    max(s.value) AS max,
    argMaxState(s.value, (s.time, now64(6, 'UTC'))) AS last,
    quantilesTDigestIfState(0.5, 0.95, 0.99)(s.value, s.aggregation IN ('p50', 'p95', 'p99')) AS distribution,
    max(s.rollup_until) AS rollup_until
FROM samples AS s
GROUP BY tenant, series_id, bucket;

-- What only some series need of a bucket, its last value and its quantiles, in tables of their own: as columns of the
-- rollups these states cost more than all the rest of a bucket, when it is written and whenever it is merged.
CREATE TABLE IF NOT EXISTS rollup_minute_states
(
    tenant       LowCardinality(String),
    series_id    UInt64,
    bucket       DateTime('UTC') COMMENT 'start of the minute' CODEC(DoubleDelta, ZSTD(1)),
    aggregation  SimpleAggregateFunction(any, Enum8('avg' = 1, 'sum' = 2, 'min' = 3, 'max' = 4, 'last' = 5, 'p50' = 6, 'p95' = 7, 'p99' = 8)),
    count        SimpleAggregateFunction(sum, UInt64),
    latest       AggregateFunction(argMax, Float64, UInt128) COMMENT 'key: Unix milliseconds of the sample, then Unix microseconds of its storage',
    distribution AggregateFunction(quantilesTDigestIf(0.5, 0.95, 0.99), Float64, UInt8) COMMENT 'empty but for series with a quantile as aggregation',
    rollup_until SimpleAggregateFunction(max, Date)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (tenant, toDate(bucket), series_id, bucket)
TTL rollup_until
SETTINGS non_replicated_deduplication_window = 10000;

CREATE TABLE IF NOT EXISTS rollup_hour_states
(
    tenant       LowCardinality(String),
    series_id    UInt64,
    bucket       DateTime('UTC') COMMENT 'start of the hour' CODEC(DoubleDelta, ZSTD(1)),
    aggregation  SimpleAggregateFunction(any, Enum8('avg' = 1, 'sum' = 2, 'min' = 3, 'max' = 4, 'last' = 5, 'p50' = 6, 'p95' = 7, 'p99' = 8)),
    count        SimpleAggregateFunction(sum, UInt64),
    latest       AggregateFunction(argMax, Float64, UInt128) COMMENT 'key: Unix milliseconds of the sample, then Unix microseconds of its storage',
    distribution AggregateFunction(quantilesTDigestIf(0.5, 0.95, 0.99), Float64, UInt8) COMMENT 'empty but for series with a quantile as aggregation',
    rollup_until SimpleAggregateFunction(max, Date)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(bucket)
ORDER BY (tenant, series_id, bucket)
TTL rollup_until
SETTINGS non_replicated_deduplication_window = 10000;

-- The buckets from before. Under one token each, so that a process that was stopped here begins anew without harm.
INSERT INTO rollup_minute_states (tenant, series_id, bucket, aggregation, count, latest, distribution, rollup_until)
SELECT tenant, series_id, bucket, aggregation, count, latest, distribution, rollup_until
FROM rollup_minute
WHERE aggregation IN ('last', 'p50', 'p95', 'p99')
SETTINGS insert_deduplicate = 1, insert_deduplication_token = 'rollup_minute_states', max_threads = 1, max_insert_threads = 1;

INSERT INTO rollup_hour_states (tenant, series_id, bucket, aggregation, count, latest, distribution, rollup_until)
SELECT tenant, series_id, bucket, aggregation, count, latest, distribution, rollup_until
FROM rollup_hour
WHERE aggregation IN ('last', 'p50', 'p95', 'p99')
SETTINGS insert_deduplicate = 1, insert_deduplication_token = 'rollup_hour_states', max_threads = 1, max_insert_threads = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS samples_to_rollup_minute_states TO rollup_minute_states AS
SELECT
    tenant,
    series_id,
    toStartOfMinute(s.time, 'UTC') AS bucket,
    any(s.aggregation) AS aggregation,
    count() AS count,
    argMaxState(s.value, bitOr(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(s.time)), 64), toUInt128(toUnixTimestamp64Micro(now64(6, 'UTC'))))) AS latest,
    quantilesTDigestIfState(0.5, 0.95, 0.99)(s.value, s.aggregation IN ('p50', 'p95', 'p99')) AS distribution,
    max(s.rollup_until) AS rollup_until
FROM samples AS s
WHERE s.aggregation IN ('last', 'p50', 'p95', 'p99')
GROUP BY tenant, series_id, bucket;

CREATE MATERIALIZED VIEW IF NOT EXISTS samples_to_rollup_hour_states TO rollup_hour_states AS
SELECT
    tenant,
    series_id,
    toStartOfHour(s.time, 'UTC') AS bucket,
    any(s.aggregation) AS aggregation,
    count() AS count,
    argMaxState(s.value, bitOr(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(s.time)), 64), toUInt128(toUnixTimestamp64Micro(now64(6, 'UTC'))))) AS latest,
    quantilesTDigestIfState(0.5, 0.95, 0.99)(s.value, s.aggregation IN ('p50', 'p95', 'p99')) AS distribution,
    max(s.rollup_until) AS rollup_until
FROM samples AS s
WHERE s.aggregation IN ('last', 'p50', 'p95', 'p99')
GROUP BY tenant, series_id, bucket;

ALTER TABLE samples_to_rollup_minute MODIFY QUERY
SELECT
    tenant,
    series_id,
    toStartOfMinute(s.time, 'UTC') AS bucket,
    any(s.aggregation) AS aggregation,
    count() AS count,
    sum(s.value) AS sum,
    min(s.value) AS min,
    max(s.value) AS max,
    max(s.rollup_until) AS rollup_until
FROM samples AS s
GROUP BY tenant, series_id, bucket;

ALTER TABLE samples_to_rollup_hour MODIFY QUERY
SELECT
    tenant,
    series_id,
    toStartOfHour(s.time, 'UTC') AS bucket,
    any(s.aggregation) AS aggregation,
    count() AS count,
    sum(s.value) AS sum,
    min(s.value) AS min,
    max(s.value) AS max,
    max(s.rollup_until) AS rollup_until
FROM samples AS s
GROUP BY tenant, series_id, bucket;

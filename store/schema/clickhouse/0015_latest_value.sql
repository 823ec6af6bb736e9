-- The last value of a bucket, by the time of the sample and, of one time, by when it was stored: both in one integer,
-- for a pair as the key made the rollups of a sample cost twice as much. `last` stays for the buckets from before,
-- whose `latest` is made of it when it is read; where such a bucket was not merged yet, of its parts any.
ALTER TABLE rollup_minute ADD COLUMN IF NOT EXISTS latest AggregateFunction(argMax, Float64, UInt128)
    DEFAULT arrayReduce('argMaxState', [finalizeAggregation(last)], [bitShiftLeft(toUInt128(toUnixTimestamp(bucket)) * 1000, 64)])
    COMMENT 'key: Unix milliseconds of the sample, then Unix microseconds of its storage'
    AFTER last;

ALTER TABLE rollup_hour ADD COLUMN IF NOT EXISTS latest AggregateFunction(argMax, Float64, UInt128)
    DEFAULT arrayReduce('argMaxState', [finalizeAggregation(last)], [bitShiftLeft(toUInt128(toUnixTimestamp(bucket)) * 1000, 64)])
    COMMENT 'key: Unix milliseconds of the sample, then Unix microseconds of its storage'
    AFTER last;

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
    argMaxState(s.value, bitOr(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(s.time)), 64), toUInt128(toUnixTimestamp64Micro(now64(6, 'UTC'))))) AS latest,
    quantilesTDigestIfState(0.5, 0.95, 0.99)(s.value, s.aggregation IN ('p50', 'p95', 'p99')) AS distribution,
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
    argMaxState(s.value, bitOr(bitShiftLeft(toUInt128(toUnixTimestamp64Milli(s.time)), 64), toUInt128(toUnixTimestamp64Micro(now64(6, 'UTC'))))) AS latest,
    quantilesTDigestIfState(0.5, 0.95, 0.99)(s.value, s.aggregation IN ('p50', 'p95', 'p99')) AS distribution,
    max(s.rollup_until) AS rollup_until
FROM samples AS s
GROUP BY tenant, series_id, bucket;

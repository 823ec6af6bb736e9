-- What a series is called. One row a series once merged; readers group by (tenant, metric, series_id).
CREATE TABLE IF NOT EXISTS series
(
    tenant      LowCardinality(String),
    metric      LowCardinality(String),
    series_id   UInt64,
    labels      SimpleAggregateFunction(anyLast, Map(String, String)),
    aggregation SimpleAggregateFunction(anyLast, Enum8('avg' = 1, 'sum' = 2, 'min' = 3, 'max' = 4, 'last' = 5, 'p50' = 6, 'p95' = 7, 'p99' = 8)),
    unit        SimpleAggregateFunction(anyLast, String) COMMENT 'UCUM or empty'
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant, metric, series_id);

-- When a series was first and last heard of.
CREATE TABLE IF NOT EXISTS series_activity
(
    tenant     LowCardinality(String),
    series_id  UInt64,
    first_time SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    last_time  SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant, series_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS samples_to_series_activity TO series_activity AS
SELECT tenant, series_id, min(time) AS first_time, max(time) AS last_time
FROM samples
GROUP BY tenant, series_id;

-- The way into `samples` and `series` for what ClickHouse derives itself: nothing is stored here.
CREATE TABLE IF NOT EXISTS derived_samples
(
    tenant       LowCardinality(String),
    metric       LowCardinality(String),
    labels       Map(String, String) COMMENT 'keys in ascending order',
    aggregation  Enum8('avg' = 1, 'sum' = 2, 'min' = 3, 'max' = 4, 'last' = 5, 'p50' = 6, 'p95' = 7, 'p99' = 8),
    unit         LowCardinality(String),
    time         DateTime64(3, 'UTC'),
    value        Float64,
    raw_until    Date,
    rollup_until Date
)
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS derived_samples_to_samples TO samples AS
SELECT
    tenant,
    xxHash64(concat(tenant, '\0', metric, arrayStringConcat(arrayMap((k, v) -> concat('\0', k, '\0', v), mapKeys(labels), mapValues(labels))))) AS series_id,
    time,
    value,
    aggregation,
    raw_until,
    rollup_until
FROM derived_samples;

CREATE MATERIALIZED VIEW IF NOT EXISTS derived_samples_to_series TO series AS
SELECT
    tenant,
    metric,
    xxHash64(concat(tenant, '\0', metric, arrayStringConcat(arrayMap((k, v) -> concat('\0', k, '\0', v), mapKeys(d.labels), mapValues(d.labels))))) AS series_id,
    anyLast(d.labels) AS labels,
    anyLast(d.aggregation) AS aggregation,
    anyLast(d.unit) AS unit
FROM derived_samples AS d
GROUP BY tenant, metric, series_id;

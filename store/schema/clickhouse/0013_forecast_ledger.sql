-- The forecasts of the last days in the order in which they fall due, for the ledger reads all of one hour at a time.
CREATE TABLE IF NOT EXISTS forecast_issues
(
    tenant       LowCardinality(String),
    issued_at    DateTime64(3, 'UTC'),
    series_id    UInt64,
    forecaster   LowCardinality(String),
    step_seconds UInt32,
    mean         Array(Float64),
    levels       Array(Float64),
    quantiles    Array(Float64) COMMENT 'level by level, as many values each as mean has',
    chosen       UInt8,
    kept_until   Date COMMENT 'eight days after it was written, for a window of the ledger may be run again'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, issued_at, series_id, forecaster)
TTL kept_until;

CREATE MATERIALIZED VIEW IF NOT EXISTS forecasts_to_forecast_issues TO forecast_issues AS
SELECT tenant, issued_at, series_id, forecaster, step_seconds, mean, levels, quantiles, chosen, today() + 8 AS kept_until
FROM forecasts;

-- What became of each forecast, once its time had come: a part of its horizon a row.
CREATE TABLE IF NOT EXISTS forecast_scores
(
    tenant          LowCardinality(String),
    series_id       UInt64,
    forecaster      LowCardinality(String),
    issued_at       DateTime64(3, 'UTC'),
    horizon_hours   UInt32 COMMENT 'where the part of the horizon ends: 6, 24 or 48',
    due_at          DateTime64(3, 'UTC') COMMENT 'issued_at and horizon_hours: when it could be scored',
    chosen          UInt8 COMMENT '1 when it was what users got',
    observed        UInt32 COMMENT 'values that came',
    abs_error       Float64 COMMENT 'mean, in the unit of the series, as naive_abs_error, pinball and bias',
    naive_abs_error Float64 COMMENT 'of seasonal naive on the same values; nan where it knows too little',
    scale           Float64 COMMENT 'mean change over a day in the four weeks before: what MASE divides by; nan or 0 when unknown',
    pinball         Float64 COMMENT 'mean over values and levels',
    bias            Float64 COMMENT 'mean of forecast minus value',
    levels          Array(Float64),
    below           Array(Float64) COMMENT 'the share of values at or below the quantile of each level; nominally the level',
    until           Date
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, series_id, forecaster, issued_at, horizon_hours)
TTL until;

ALTER TABLE forecasts
    ADD COLUMN IF NOT EXISTS replaced_because String DEFAULT '' COMMENT 'why this forecast stands in for another; empty when it does not';

-- What the jobs found. Each key is a function of the data, so that a window that is run again changes nothing.
CREATE TABLE IF NOT EXISTS scores
(
    tenant    LowCardinality(String),
    series_id UInt64,
    time      DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    detector  LowCardinality(String),
    value     Float64 CODEC(Gorilla, ZSTD(1)),
    score     Float32 COMMENT 'above 1 is anomalous' CODEC(ZSTD(1)),
    expected  Float64 CODEC(Gorilla, ZSTD(1)),
    lower     Float64 CODEC(Gorilla, ZSTD(1)),
    upper     Float64 CODEC(Gorilla, ZSTD(1)),
    maturity  Float32 CODEC(ZSTD(1)),
    until     Date COMMENT 'day on which the row may be dropped'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (tenant, series_id, detector, time)
TTL until;

CREATE TABLE IF NOT EXISTS anomalies
(
    tenant     LowCardinality(String),
    anomaly_id String,
    series_id  UInt64,
    detector   LowCardinality(String),
    started_at DateTime64(3, 'UTC'),
    ended_at   Nullable(DateTime64(3, 'UTC')) COMMENT 'null while it is open',
    peak_at    DateTime64(3, 'UTC'),
    peak_score Float64,
    peak_value Float64 COMMENT 'in the unit of the series, as expected, lower and upper',
    expected   Float64,
    lower      Float64,
    upper      Float64,
    maturity   Float64 COMMENT 'of the detector at the peak, 0 to 1',
    reason     String,
    as_of      DateTime64(3, 'UTC') COMMENT 'the end of the window that wrote the row; the latest counts',
    until      Date
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY (tenant, series_id, detector, started_at)
TTL until;

-- Per series and day the last state, so that a window of the past can be run again from the state before it.
CREATE TABLE IF NOT EXISTS detector_states
(
    tenant    LowCardinality(String),
    detector  LowCardinality(String),
    series_id UInt64,
    day       Date COMMENT 'day of as_of',
    as_of     DateTime64(3, 'UTC') COMMENT 'the state has seen every sample before this time',
    state     String COMMENT 'JSON' CODEC(ZSTD(3)),
    until     Date
)
ENGINE = ReplacingMergeTree(as_of)
ORDER BY (tenant, detector, day, series_id)
TTL until;

CREATE TABLE IF NOT EXISTS forecasts
(
    tenant       LowCardinality(String),
    series_id    UInt64,
    forecaster   LowCardinality(String),
    issued_at    DateTime64(3, 'UTC') COMMENT 'the forecast knows samples before this time only',
    step_seconds UInt32,
    mean         Array(Float64) COMMENT 'the step that begins at issued_at comes first; in the unit of the series',
    levels       Array(Float64) COMMENT 'quantile levels, ascending',
    quantiles    Array(Float64) COMMENT 'level by level, as many values each as mean has',
    chosen       UInt8 COMMENT '1 for the forecaster that did best on the held-out end of the series',
    mase         Float64 COMMENT 'on the held-out end; nan when there was none',
    until        Date
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, series_id, issued_at, forecaster)
TTL until;

-- Good and expected units of an SLO by minute; ratios, budgets and burn rates are sums over it.
CREATE TABLE IF NOT EXISTS slo_minutes
(
    tenant   LowCardinality(String),
    slo      LowCardinality(String),
    bucket   DateTime('UTC') CODEC(DoubleDelta, ZSTD(1)),
    good     Float64,
    total    Float64,
    measured Float64 COMMENT 'the part of total of which anything is known',
    until    Date
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, slo, bucket)
TTL until;

CREATE TABLE IF NOT EXISTS agent_transitions
(
    tenant     LowCardinality(String),
    agent      String,
    time       DateTime64(3, 'UTC'),
    state      LowCardinality(String) COMMENT 'up, late, down',
    until      Date
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, time, agent, state)
TTL until;

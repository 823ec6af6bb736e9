-- What a forecast is made of, and how it did when it was tested on the past of its series.
ALTER TABLE forecasts
    ADD COLUMN IF NOT EXISTS naive_mase Float64 DEFAULT nan COMMENT 'of seasonal naive in the same tests as mase',
    ADD COLUMN IF NOT EXISTS tested_steps UInt32 DEFAULT 0 COMMENT 'up to how many steps ahead it was tested',
    ADD COLUMN IF NOT EXISTS folds UInt32 DEFAULT 0 COMMENT 'from how many earlier moments it was tested',
    ADD COLUMN IF NOT EXISTS members String DEFAULT '[]' COMMENT 'JSON: forecaster, weight and mase of each, the heaviest first';

-- What a later look at the same data, or a person, said of an anomaly.
ALTER TABLE anomalies
    ADD COLUMN IF NOT EXISTS withdrawn UInt8 DEFAULT 0 COMMENT '1 when a later run over the same time no longer found it',
    ADD COLUMN IF NOT EXISTS held_back_by String DEFAULT '' COMMENT 'the feedback on a similar anomaly for which nobody is told; empty for none';

-- The states stand in tables of their own now. `latest` goes first: its default speaks of `last`.
ALTER TABLE rollup_minute DROP COLUMN IF EXISTS latest, DROP COLUMN IF EXISTS last, DROP COLUMN IF EXISTS distribution;

ALTER TABLE rollup_hour DROP COLUMN IF EXISTS latest, DROP COLUMN IF EXISTS last, DROP COLUMN IF EXISTS distribution;

import { z } from 'zod';
import { defineQuery } from '../query.ts';
import { integer } from './columns.ts';

/**
 * How hard ClickHouse is pressed: the most parts of one partition, of which it merges too few when they grow many, and
 * the free space of its fullest disk.
 */
export const readPressure = defineQuery({
  name: 'read_pressure',
  sql: `SELECT
    (SELECT max(parts) FROM (
      SELECT count() AS parts FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table, partition_id)) AS parts,
    (SELECT count() FROM system.merges) AS merges,
    (SELECT min(unreserved_space) FROM system.disks) AS free_bytes`,
  params: z.object({}),
  row: z.object({ parts: integer, merges: integer, free_bytes: integer }),
});

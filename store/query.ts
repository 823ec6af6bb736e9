import type { z } from 'zod';
import type { PackedColumns } from './row-binary.ts';

/**
 * A query as one value: its SQL, the schema of its parameters and the schema of a row.
 *
 * Parameters stand in the SQL as `{name:Type}` and are bound by ClickHouse; no text is ever pasted. Times go in as
 * `Int64` milliseconds and come out as such (`toUnixTimestamp64Milli`), identifiers of series as decimal strings.
 */
export interface Query<Params extends z.ZodType, Row extends z.ZodType> {
  /** Stands in `log_comment` and in the metrics of the store; snake_case, unique. */
  name: string;
  sql: string;
  params: Params;
  row: Row;
}

/**
 * Names a query and fixes its types.
 *
 * @example
 * const countAgents = defineQuery({
 *   name: 'count_agents',
 *   sql: 'SELECT uniqExact(agent) AS agents FROM heartbeats WHERE tenant = {tenant:String}',
 *   params: z.object({ tenant: z.string() }),
 *   row: z.object({ agents: z.coerce.number() }),
 * });
 */
export function defineQuery<Params extends z.ZodType, Row extends z.ZodType>(
  query: Query<Params, Row>,
): Query<Params, Row> {
  return query;
}

/**
 * A statement without rows (`INSERT INTO ... SELECT`), with its parameters.
 */
export interface Statement<Params extends z.ZodType> {
  name: string;
  sql: string;
  params: Params;
}

/** Names a statement and fixes the types of its parameters. */
export function defineStatement<Params extends z.ZodType>(statement: Statement<Params>): Statement<Params> {
  return statement;
}

/**
 * A query of many numbers, whose rows are read as bytes: a fifth of the time that text would take, and no text is made
 * of them. The columns of the SQL are those of `columns`, in their order and of their types (`row-binary.ts`).
 */
export interface PackedQuery<Params extends z.ZodType, Columns extends PackedColumns> {
  name: string;
  sql: string;
  params: Params;
  columns: Columns;
  /** Of ClickHouse, for this query alone. */
  settings: Readonly<Record<string, number>>;
}

/** Names a query of packed rows and fixes its types. */
export function definePackedQuery<Params extends z.ZodType, Columns extends PackedColumns>(
  query: PackedQuery<Params, Columns>,
): PackedQuery<Params, Columns> {
  return query;
}

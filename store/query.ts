import type { z } from 'zod';

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

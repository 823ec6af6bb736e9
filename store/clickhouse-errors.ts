import { ClickHouseError } from '@clickhouse/client';

/**
 * The codes by which ClickHouse refuses rows for what is in them: text that is no number, date or member of an Enum,
 * values out of range, a violated constraint (src/Common/ErrorCodes.cpp).
 */
const refusalCodes = new Set([6, 26, 27, 38, 41, 53, 69, 70, 72, 117, 130, 131, 321, 349, 376, 469, 691]);

/** Whether ClickHouse said that the rows themselves are at fault. */
export function isRefusal(error: unknown): boolean {
  return error instanceof ClickHouseError && refusalCodes.has(Number(error.code));
}

/**
 * chDB throws the `ClickHouseError` of its own copy of the client, which no `instanceof` would find, and errors of its
 * own from inserts.
 */
export function unifyError(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof ClickHouseError) return thrown;
  const code = 'clickhouseCode' in thrown ? thrown.clickhouseCode : 'type' in thrown && 'code' in thrown && thrown.code;
  if (!code) return thrown;
  const type = 'type' in thrown ? String(thrown.type) : /\(([A-Z_]+)\)\s*$/.exec(thrown.message)?.[1];
  const error = new ClickHouseError({ message: thrown.message, code: String(code), ...(type && { type }) });
  error.cause = thrown;
  return error;
}

import { ClickHouseException } from './exception.ts';

/** An INSERT whose rows follow the statement, as `INSERT INTO t (a) SETTINGS ... FORMAT TSV` has them. */
export interface DataInsert {
  /** Up to the table and its columns. */
  target: string;
  /** The settings and the format. */
  tail: string;
  /** Rows that stood in the statement itself. */
  inlineData: string;
}

const string = String.raw`'(?:\\[\s\S]|''|[^'\\])*'`;
const quotedName = String.raw`"(?:\\[\s\S]|[^"\\])*"|${'`'}(?:\\[\s\S]|[^${'`'}\\])*${'`'}`;
const comment = String.raw`--[^\n]*|/\*[\s\S]*?\*/`;
const name = String.raw`(?:\w+|${quotedName})`;
const columns = String.raw`\((?:[^()"${'`'}]|${quotedName}|\([^()]*\))*\)`;

const skippedOrSemicolon = new RegExp(`${string}|${quotedName}|${comment}|;`, 'g');
const leadingSpace = new RegExp(String.raw`^(?:\s|${comment})+`);
const dataInsert = new RegExp(
  String.raw`^(INSERT\s+INTO\s+(?:TABLE\s+)?${name}(?:\.${name})?\s*(?:${columns})?)` +
    String.raw`\s*((?:SETTINGS\s(?:${string}|(?!SELECT\b|VALUES\b|FORMAT\b)[^'])*)?FORMAT\s+\w+)[^\S\n]*\n?`,
  'i',
);
const formatClause = new RegExp(String.raw`\bFORMAT\s+(\w+)\s*(?:SETTINGS\s(?:${string}|[^'])*)?;?\s*$`, 'i');

/** Reads `sql` as an INSERT with rows, or `undefined` when it is anything else. */
export function parseDataInsert(sql: string): DataInsert | undefined {
  const statement = sql.replace(leadingSpace, '');
  const match = dataInsert.exec(statement);
  if (!match) return undefined;
  return { target: match[1]!.trimEnd(), tail: match[2]!, inlineData: statement.slice(match[0].length) };
}

/** The output format that the statement itself names. */
export function formatOf(sql: string): string | undefined {
  return formatClause.exec(sql)?.[1];
}

/**
 * Refuses two statements in one request, as the server does; chDB would run both.
 *
 * @throws ClickHouseException 62
 */
export function assertOneStatement(sql: string): void {
  for (const { 0: token, index } of sql.matchAll(skippedOrSemicolon)) {
    if (token !== ';') continue;
    const rest = sql.slice(index + 1).replace(leadingSpace, '');
    if (rest !== '') {
      throw new ClickHouseException(
        `Code: 62. DB::Exception: Syntax error (Multi-statements are not allowed): failed at position ${index + 1} (end of query): ;${rest.slice(0, 40)}. (SYNTAX_ERROR)\n`,
      );
    }
    return;
  }
}

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { Query } from './engine.ts';
import { ClickHouseException } from './exception.ts';
import { parseDataInsert } from './statement.ts';

/** Names in the URL that are not settings; the last group steers what this front does not have. */
const reservedNames = new Set([
  ...['query', 'query_id', 'database', 'default_format', 'user', 'password', 'role'],
  ...['session_id', 'session_timeout', 'session_check', 'wait_end_of_query', 'buffer_size', 'stacktrace', 'quota_key'],
]);

const decoders: Record<string, () => NodeJS.ReadWriteStream> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

/**
 * Reads a request of ClickHouse's HTTP interface. The statement is `query` of the URL and then the body; the rows of an
 * INSERT are left in a file under `scratch`, however many they are.
 */
export async function readQuery(request: IncomingMessage, url: URL, scratch: string): Promise<Query> {
  const fields = new URLSearchParams(url.search);
  const body = decodedBody(request);
  const contentType = request.headers['content-type'] ?? '';
  if (contentType.startsWith('multipart/form-data')) {
    const form = await new Response(await text(body), { headers: { 'content-type': contentType } }).formData();
    for (const [name, value] of form) fields.append(name, String(value));
    return { sql: fields.get('query') ?? '', ...context(request, fields) };
  }
  const statement = fields.get('query') ?? '';
  if (parseDataInsert(statement)) {
    return { ...(await withDataFile(statement, body, scratch)), ...context(request, fields) };
  }
  const sql = [statement, await text(body)].filter(Boolean).join('\n');
  return {
    ...(parseDataInsert(sql) ? await withDataFile(sql, Readable.from([]), scratch) : { sql }),
    ...context(request, fields),
  };
}

async function withDataFile(sql: string, rows: NodeJS.ReadableStream, scratch: string) {
  const dataFile = join(scratch, randomUUID());
  const { inlineData = '' } = parseDataInsert(sql) ?? {};
  await pipeline(async function* () {
    if (inlineData !== '') yield inlineData;
    yield* rows;
  }, createWriteStream(dataFile));
  return { sql, dataFile };
}

function decodedBody(request: IncomingMessage): NodeJS.ReadableStream {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return request;
  const decoder = decoders[encoding]?.();
  if (!decoder) {
    throw new ClickHouseException(
      `Code: 48. DB::Exception: Unknown compression method ${encoding}. (NOT_IMPLEMENTED)\n`,
    );
  }
  request.on('error', (error) => decoder.emit('error', error));
  return request.pipe(decoder);
}

function context({ method, headers }: IncomingMessage, fields: URLSearchParams): Omit<Query, 'sql'> {
  const settings = new Map<string, string>();
  const params = new Map<string, string>();
  for (const [name, value] of fields) {
    if (name.startsWith('param_')) params.set(name.slice('param_'.length), value);
    else if (!reservedNames.has(name)) settings.set(name, value);
  }
  // The server lets nothing be written by GET.
  if (method === 'GET') settings.set('readonly', '2');
  const database = fields.get('database') ?? headers['x-clickhouse-database']?.toString();
  const defaultFormat = fields.get('default_format') ?? headers['x-clickhouse-format']?.toString() ?? 'TabSeparated';
  return { settings, params, defaultFormat, ...(database ? { database } : {}) };
}

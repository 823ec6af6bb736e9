import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, deflate, gzip, zstdCompress } from 'node:zlib';
import type { QueryResult } from './engine.ts';
import type { ClickHouseException } from './exception.ts';

export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: Uint8Array;
}

type Compress = (body: Uint8Array) => Promise<Uint8Array>;

/** In the order in which the server prefers them. */
const encoders: readonly (readonly [name: string, compress: Compress])[] = [
  ['br', promisify<Uint8Array, Uint8Array>(brotliCompress)],
  ['zstd', promisify<Uint8Array, Uint8Array>(zstdCompress)],
  ['gzip', promisify<Uint8Array, Uint8Array>(gzip)],
  ['deflate', promisify<Uint8Array, Uint8Array>(deflate)],
];

const contentTypes: Record<string, string> = {
  JSON: 'application/json; charset=UTF-8',
  JSONCompact: 'application/json; charset=UTF-8',
  JSONEachRow: 'application/x-ndjson; charset=UTF-8',
  JSONCompactEachRow: 'application/x-ndjson; charset=UTF-8',
  TabSeparated: 'text/tab-separated-values; charset=UTF-8',
  TSV: 'text/tab-separated-values; charset=UTF-8',
  CSV: 'text/csv; charset=UTF-8; header=absent',
};

export function textReply(status: number, text: string): Reply {
  return { status, headers: { 'content-type': 'text/html; charset=UTF-8' }, body: Buffer.from(text) };
}

export function resultReply(result: QueryResult, queryId: string): Reply {
  const { body, format, readRows, writtenRows, bytes, elapsedSeconds } = result;
  const summary = {
    read_rows: String(readRows + writtenRows),
    read_bytes: String(bytes),
    written_rows: String(writtenRows),
    written_bytes: String(writtenRows > 0 ? bytes : 0),
    total_rows_to_read: '0',
    result_rows: String(readRows + writtenRows),
    result_bytes: String(bytes),
    elapsed_ns: String(Math.round(elapsedSeconds * 1e9)),
  };
  const headers = {
    'content-type': contentTypes[format] ?? 'text/plain; charset=UTF-8',
    'x-clickhouse-query-id': queryId,
    'x-clickhouse-format': format,
    'x-clickhouse-timezone': 'UTC',
    'x-clickhouse-summary': JSON.stringify(summary),
  };
  return { status: 200, headers, body };
}

export function exceptionReply(exception: ClickHouseException, queryId: string): Reply {
  const { status, headers, body } = textReply(exception.status, exception.message);
  return {
    status,
    headers: { ...headers, 'x-clickhouse-query-id': queryId, 'x-clickhouse-exception-code': String(exception.code) },
    body,
  };
}

/** Compresses the body when the query asked for it (`enable_http_compression`) and the client can read it. */
export async function compressed(reply: Reply, request: IncomingMessage, url: URL): Promise<Reply> {
  const accepted = String(request.headers['accept-encoding'] ?? '');
  const [name, compress] = encoders.find(([encoding]) => accepted.includes(encoding)) ?? [];
  if (url.searchParams.get('enable_http_compression') !== '1' || !name || !compress) return reply;
  return {
    status: reply.status,
    headers: { ...reply.headers, 'content-encoding': name },
    body: await compress(reply.body),
  };
}

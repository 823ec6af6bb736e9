import { AppError } from '../telemetry/errors.ts';
import { createBreather } from '../telemetry/turn.ts';
import { parseJsonInTurns } from './json-array.ts';
import { readRequestBytes } from './request-bytes.ts';

/** The records of one request as they came, unchecked, in order; a line of NDJSON that is not JSON as a `BrokenLine`. */
export interface Records {
  values: unknown[];
  /** Whether they came as a list; a pointer into a list begins with the number of the record. */
  isList: boolean;
}

/**
 * Reads the records of a request: a JSON object, a JSON array, or NDJSON (`application/x-ndjson`), plain or
 * compressed with gzip or zstd. The limit holds for what arrives and for what it decompresses to. A long body is
 * parsed in turns, so that other requests are served meanwhile.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large` or `invalid_request`.
 */
export async function readRecords(request: Request, maxBodyBytes: number): Promise<Records> {
  const type = mediaType(request);
  const text = decode(await readRequestBytes(request, maxBodyBytes, ['gzip', 'zstd']));
  if (type === 'application/x-ndjson') return { values: await parseLines(text), isList: true };
  let content: unknown;
  try {
    content = await parseJsonInTurns(text);
  } catch (error) {
    throw new AppError('invalid_request', `the body is not JSON: ${(error as Error).message}`);
  }
  if (content === null || typeof content !== 'object') {
    throw new AppError('invalid_request', 'the body must be a JSON object, a JSON array of objects, or NDJSON');
  }
  return Array.isArray(content) ? { values: content, isList: true } : { values: [content], isList: false };
}

/** A record that could not even be read; it is refused alone. */
export class BrokenRecord {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** A line of NDJSON that is not JSON. */
export class BrokenLine extends BrokenRecord {
  constructor(reason: string) {
    super(`the line is not JSON: ${reason}`);
  }
}

/** So many broken lines keep reasons of their own: a body of nothing else would fill the memory with them. */
const maxReasons = 100;
const brokenLikeOthers = new BrokenLine('as lines before it');

function mediaType(request: Request): string {
  const header = request.headers.get('content-type') ?? '';
  const type = header.split(';')[0]!.trim().toLowerCase();
  if (type === 'application/json') return type;
  if (type === 'application/x-ndjson' || type === 'application/jsonl' || type === 'application/ndjson')
    return 'application/x-ndjson';
  throw new AppError(
    'unsupported_media_type',
    `content-type ${JSON.stringify(header)} is not understood; allowed: application/json, application/x-ndjson`,
  );
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError('invalid_request', 'the body is not UTF-8', { cause });
  }
}

async function parseLines(text: string): Promise<unknown[]> {
  const records: unknown[] = [];
  let broken = 0;
  const breather = createBreather();
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end).trim();
    start = end + 1;
    if (line === '') continue;
    try {
      records.push(JSON.parse(line));
    } catch (error) {
      records.push(++broken <= maxReasons ? new BrokenLine((error as Error).message) : brokenLikeOthers);
    }
    if (breather.isDue()) await breather.now();
  }
  return records;
}

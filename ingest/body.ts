import { isUtf8 } from 'node:buffer';
import { AppError } from '../telemetry/errors.ts';
import { parseJsonInTurns } from './json-array.ts';
import { RecordLines, type Records, recordList } from './record-list.ts';
import { readRequestBytes } from './request-bytes.ts';

const byteOrderMark = Buffer.of(0xef, 0xbb, 0xbf);

/**
 * Reads the records of a request: a JSON object, a JSON array, or NDJSON (`application/x-ndjson`), plain or
 * compressed with gzip or zstd. The limit holds for what arrives and for what it decompresses to. A long array is
 * parsed in turns, so that other requests are served meanwhile.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large` or `invalid_request`.
 */
export async function readRecords(request: Request, maxBodyBytes: number): Promise<Records> {
  const type = mediaType(request);
  const bytes = await readRequestBytes(request, maxBodyBytes, ['gzip', 'zstd']);
  if (!isUtf8(bytes)) throw new AppError('invalid_request', 'the body is not UTF-8');
  const text = bytes.subarray(bytes.indexOf(byteOrderMark) === 0 ? byteOrderMark.length : 0);
  if (type === 'application/x-ndjson') return new RecordLines(text);
  let content: unknown;
  try {
    content = await parseJsonInTurns(text.toString('utf8'));
  } catch (error) {
    throw new AppError('invalid_request', `the body is not JSON: ${(error as Error).message}`);
  }
  if (content === null || typeof content !== 'object') {
    throw new AppError('invalid_request', 'the body must be a JSON object, a JSON array of objects, or NDJSON');
  }
  return Array.isArray(content) ? recordList(content) : recordList([content], false);
}

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

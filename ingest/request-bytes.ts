import { promisify } from 'node:util';
import { gunzip, zstdDecompress } from 'node:zlib';
import { uncompress, uncompressSync } from 'snappy';
import { AppError } from '../telemetry/errors.ts';

export type Encoding = 'gzip' | 'zstd' | 'snappy';

const zlibDecompressors = { gzip: promisify(gunzip), zstd: promisify(zstdDecompress) };
/** Below it, decompressing snappy takes less time than handing it to another thread. */
const smallSnappyBytes = 256 * 1024;

/**
 * Reads the body of a request and decompresses it as `Content-Encoding` says. The limit holds for what arrives and for
 * what it decompresses to.
 *
 * @param encodings what the protocol allows beside no compression at all.
 * @param assumed the encoding of a request that names none.
 * @throws AppError `unsupported_media_type`, `payload_too_large` or `invalid_request`.
 */
export async function readRequestBytes(
  request: Request,
  maxBytes: number,
  encodings: readonly Encoding[],
  assumed: Encoding | 'identity' = 'identity',
): Promise<Buffer> {
  const named = request.headers.get('content-encoding')?.trim().toLowerCase() || assumed;
  if (named !== 'identity' && !encodings.includes(named as Encoding)) {
    throw new AppError(
      'unsupported_media_type',
      `content-encoding ${JSON.stringify(named)} is not understood; allowed: ${[...encodings, 'identity'].join(', ')}`,
    );
  }
  const bytes = await readBody(request, maxBytes);
  return named === 'identity' ? bytes : decompress(bytes, named as Encoding, maxBytes);
}

/** Reads the body of a request as it is. @throws AppError `payload_too_large` or `invalid_request`. */
export async function readBody(request: Request, maxBytes: number): Promise<Buffer> {
  const length = request.headers.get('content-length');
  if (Number(length ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // The server takes no more than the length that was announced, and a body in one piece is cheaper than a stream.
    if (length !== null) return Buffer.from(await request.arrayBuffer());
    for await (const chunk of request.body ?? []) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('invalid_request', 'the body ended early', { cause });
  }
  return Buffer.concat(chunks, size);
}

async function decompress(bytes: Buffer, encoding: Encoding, maxBytes: number): Promise<Buffer> {
  try {
    if (encoding !== 'snappy') return await zlibDecompressors[encoding](bytes, { maxOutputLength: maxBytes });
    if (snappyLength(bytes) > maxBytes) throw tooLarge(maxBytes);
    return (bytes.length < smallSnappyBytes ? uncompressSync(bytes) : await uncompress(bytes)) as Buffer;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new AppError('invalid_request', `the body is not ${encoding}, as content-encoding says`, { cause });
  }
}

/** The length that a snappy block claims for its content: the varint that it begins with. */
function snappyLength(bytes: Buffer): number {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[i];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return length;
  }
  throw new AppError('invalid_request', 'the body is not snappy, as content-encoding says');
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('payload_too_large', `the body is larger than ${maxBytes} bytes; send fewer records at a time`);
}

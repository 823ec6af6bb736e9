import { randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRecords } from '../../ingest/body.ts';
import { BrokenRecord } from '../../ingest/record-list.ts';
import { AppError } from '../../telemetry/errors.ts';

const limit = 64 * 1024;
const json = 'application/json';
const ndjson = 'application/x-ndjson';

interface Sent {
  body: BodyInit | null;
  type?: string | null;
  encoding?: string;
  length?: number;
}

function request({ body, type = json, encoding, length }: Sent): Request {
  const headers = new Headers();
  if (encoding !== undefined) headers.set('content-encoding', encoding);
  if (length !== undefined) headers.set('content-length', String(length));
  const sent = new Request('http://localhost/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
  // A body of text sets a type of its own.
  if (type === null) sent.headers.delete('content-type');
  else sent.headers.set('content-type', type);
  return sent;
}

const read = async (sent: Sent) => {
  const records = await readRecords(request(sent), limit);
  return Array.from({ length: records.length }, (_, i) => records.at(i));
};
const refusal = (sent: Sent): Promise<AppError> =>
  read(sent).then(
    () => {
      throw new Error('it was not refused');
    },
    (error: AppError) => error,
  );

function* chunksOf(count: number, size: number): Generator<Uint8Array> {
  for (let i = 0; i < count; i++) yield new Uint8Array(size).fill(0x20);
}

describe('what is understood', () => {
  const records = [{ a: 1 }, { a: 'ü' }];
  const text = JSON.stringify(records);
  const lines = records.map((record) => JSON.stringify(record)).join('\n');

  test.each<[string, Sent]>([
    ['an array', { body: text }],
    ['an array with a charset', { body: text, type: 'Application/JSON; charset=utf-8' }],
    ['NDJSON', { body: lines, type: ndjson }],
    ['NDJSON with CRLF, empty lines and an end', { body: `\r\n${lines.replace('\n', '\r\n\r\n')}\r\n`, type: ndjson }],
    ['JSON lines by their other names', { body: lines, type: 'application/jsonl' }],
    ['gzip', { body: gzipSync(text), encoding: 'gzip' }],
    ['gzip of two members', { body: Buffer.concat([gzipSync('[{"a":1},'), gzipSync('{"a":"ü"}]')]), encoding: 'gzip' }],
    ['zstd', { body: zstdCompressSync(lines), type: ndjson, encoding: 'ZSTD' }],
    ['identity', { body: text, encoding: 'identity' }],
    ['a byte order mark', { body: `\ufeff${text}` }],
  ])('%s is read into its records, in order', async (_title, sent) => {
    expect(await read(sent)).toEqual(records);
  });

  test('one object is one record, an empty array and empty NDJSON are none', async () => {
    expect(await read({ body: '{"a":1}' })).toEqual([{ a: 1 }]);
    expect(await read({ body: '[]' })).toEqual([]);
    expect(await read({ body: '', type: ndjson })).toEqual([]);
  });

  test('of a key that is given twice the last counts, and __proto__ is a key like any other', async () => {
    const [record] = (await read({ body: '{"a":1,"a":2,"__proto__":{"polluted":true}}' })) as [Record<string, unknown>];
    expect(record.a).toBe(2);
    expect(Object.keys(record)).toEqual(['a', '__proto__']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('a broken line of NDJSON spoils neither the line before nor the line after', async () => {
    const [first, broken, last] = await read({ body: '{"a":1}\n{"a":\n{"a":2}', type: ndjson });
    expect([first, last]).toEqual([{ a: 1 }, { a: 2 }]);
    expect(broken).toBeInstanceOf(BrokenRecord);
    expect((broken as BrokenRecord).reason).toMatch(/JSON/);
  });

  test('JSON that is nested as deep as the limit allows does not end the process', async () => {
    const depth = limit / 2;
    expect(await read({ body: '['.repeat(depth) + ']'.repeat(depth) })).toHaveLength(1);
    expect((await refusal({ body: '['.repeat(limit) })).code).toBe('invalid_request');
  });
});

describe('what is refused', () => {
  const gzipped = gzipSync(JSON.stringify([{ text: randomBytes(600).toString('hex') }]));
  const zstandard = zstdCompressSync(JSON.stringify([{ text: randomBytes(600).toString('hex') }]));

  test.each<[string, Sent, RegExp]>([
    ['an empty body', { body: '' }, /not JSON/],
    ['no body', { body: null }, /not JSON/],
    ['broken JSON', { body: '{"a":' }, /not JSON/],
    ['a number', { body: '5' }, /object/],
    ['a string', { body: '"[]"' }, /object/],
    ['null', { body: 'null' }, /object/],
    ['NaN, which is not JSON', { body: '[{"value":NaN}]' }, /not JSON/],
    ['bytes that are not UTF-8', { body: Buffer.from([0x22, 0xff, 0xfe, 0x22]) }, /not UTF-8/],
    ['a UTF-8 character that is cut', { body: Buffer.from('["ü"]').subarray(0, 3) }, /not UTF-8/],
    ['UTF-16', { body: Buffer.from('[{"a":1}]', 'utf16le') }, /not (UTF-8|JSON)/],
    ['gzip that is not gzip', { body: '[]', encoding: 'gzip' }, /not gzip/],
    ['gzip that is cut', { body: gzipped.subarray(0, -9), encoding: 'gzip' }, /not gzip/],
    ['gzip without a byte', { body: '', encoding: 'gzip' }, /not gzip/],
    ['gzip with a wrong checksum', { body: flip(gzipped, gzipped.length - 6), encoding: 'gzip' }, /not gzip/],
    [
      'gzip with something after it',
      { body: Buffer.concat([gzipped, Buffer.from('[]')]), encoding: 'gzip' },
      /not gzip/,
    ],
    ['zstd that is not zstd', { body: '[]', encoding: 'zstd' }, /not zstd/],
    ['zstd that is cut', { body: zstandard.subarray(0, -1), encoding: 'zstd' }, /not zstd/],
  ])('%s is an invalid request', async (_title, sent, message) => {
    expect(await refusal(sent)).toMatchObject({ code: 'invalid_request', message: expect.stringMatching(message) });
  });

  test.each([null, 'text/plain', 'text/json', 'application/x-protobuf', 'multipart/form-data; boundary=x', ''])(
    'the content type %j is not understood, and the refusal says what is',
    async (type) => {
      const error = await refusal({ body: '[]', type });
      expect(error).toMatchObject({ code: 'unsupported_media_type' });
      expect(error.message).toContain('application/json, application/x-ndjson');
    },
  );

  test.each(['br', 'deflate', 'gzip, gzip', 'x-gzip', 'aws-chunked'])(
    'the encoding %s is not understood',
    async (encoding) => {
      const error = await refusal({ body: '[]', encoding });
      expect(error).toMatchObject({
        code: 'unsupported_media_type',
        message: expect.stringContaining('gzip, zstd, identity'),
      });
    },
  );

  test('a body that ends early is an invalid request', async () => {
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('[{"a":1}'));
        controller.error(new Error('aborted'));
      },
    });
    expect(await refusal({ body })).toMatchObject({ code: 'invalid_request', message: 'the body ended early' });
  });
});

describe('the limit', () => {
  test('holds by content-length before a byte is read', async () => {
    let pulled = 0;
    const body = new ReadableStream(
      {
        pull(controller) {
          pulled++;
          controller.enqueue(new Uint8Array(10));
        },
      },
      { highWaterMark: 0 },
    );
    expect((await refusal({ body, length: limit + 1 })).code).toBe('payload_too_large');
    expect(pulled).toBe(0);
  });

  test('holds without content-length, and reading stops there', async () => {
    let taken = 0;
    const chunks = chunksOf(1000, 16 * 1024);
    const body = new ReadableStream({
      pull(controller) {
        taken++;
        controller.enqueue(chunks.next().value!);
      },
    });
    expect((await refusal({ body })).code).toBe('payload_too_large');
    expect(taken).toBeLessThan(10);
  });

  test('takes a body of exactly that many bytes', async () => {
    const body = `[${' '.repeat(limit - 2)}]`;
    expect(await read({ body })).toEqual([]);
    expect((await refusal({ body: `${body} ` })).code).toBe('payload_too_large');
  });

  test.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const)('holds for what %s decompresses to, in bounded memory', async (encoding, compress) => {
    const bomb = compress(Buffer.alloc(48 * 1024 * 1024, ' '));
    expect(bomb.length).toBeLessThan(limit);
    const before = process.memoryUsage().arrayBuffers;
    expect((await refusal({ body: bomb, encoding })).code).toBe('payload_too_large');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
    expect(await read({ body: compress(`[${' '.repeat(limit - 2)}]`), encoding })).toEqual([]);
  });
});

describe('any bytes at all', () => {
  const types = fc.constantFrom(json, ndjson, 'text/plain', '', ';');
  const encodings = fc.constantFrom(undefined, 'gzip', 'zstd', 'identity', 'br', '');
  const clientErrors = ['invalid_request', 'unsupported_media_type', 'payload_too_large'];

  async function answersOrRefuses(sent: Sent): Promise<void> {
    const outcome = await readRecords(request(sent), 1024).catch((error: unknown) => error);
    if (outcome !== null && typeof outcome === 'object' && 'at' in outcome) return;
    expect(outcome).toBeInstanceOf(AppError);
    expect(clientErrors).toContain((outcome as AppError).code);
  }

  test('are read or refused as the fault of the sender, never otherwise', async () => {
    const bodies = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.json().map((text) => new TextEncoder().encode(text)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, types, encodings, (bytes, type, encoding) =>
        answersOrRefuses({ body: Buffer.from(bytes), type, ...(encoding !== undefined && { encoding }) }),
      ),
      { numRuns: 400 },
    );
  });

  test('in a damaged compressed body are refused as the fault of the sender', async () => {
    const whole = { gzip: gzipSync('[{"a":1}]'), zstd: zstdCompressSync('[{"a":1}]') };
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('gzip' as const, 'zstd' as const), fc.nat(60), fc.nat(60), (encoding, at, end) =>
        answersOrRefuses({ body: flip(whole[encoding], at % whole[encoding].length).subarray(0, end), encoding }),
      ),
      { numRuns: 300 },
    );
  });
});

/** A copy with one byte changed. */
function flip(bytes: Buffer, at: number): Buffer<ArrayBuffer> {
  const copy = Buffer.from(bytes);
  copy[at] = copy[at]! ^ 0x55;
  return copy;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import {
  type ClickHouseClient,
  type ClickHouseError,
  ClickHouseLogLevel,
  createClient,
  TupleParam,
} from '@clickhouse/client';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ClickHouseHttp, startClickHouseHttp } from './clickhouse-http.ts';
import { eventually } from './eventually.ts';
import { hasChdb } from './servers.ts';
import { temporaryDirectory } from './temporary.ts';

describe.skipIf(!hasChdb())('the ClickHouse HTTP front, by the real client', () => {
  let front: ClickHouseHttp;
  let client: ClickHouseClient;

  beforeAll(async () => {
    front = await startClickHouseHttp();
    client = createClient({ url: front.url, request_timeout: 30_000, log: { level: ClickHouseLogLevel.OFF } });
  });

  afterAll(async () => {
    await client?.close();
    await front?.stop();
  });

  beforeEach(async () => {
    await client.command({ query: 'DROP TABLE IF EXISTS t' });
    await client.command({
      query: `CREATE TABLE t (id UInt64, name String DEFAULT 'none') ENGINE = MergeTree ORDER BY id
              SETTINGS non_replicated_deduplication_window = 100`,
    });
  });

  async function rows<T>(query: string, params: Record<string, unknown> = {}, from = client): Promise<T[]> {
    return (await from.query({ query, query_params: params, format: 'JSONEachRow' })).json<T>();
  }
  const ids = async () => (await rows<{ id: number }>('SELECT id FROM t ORDER BY id')).map(({ id }) => id);

  test('answers a ping, by path and by query', async () => {
    expect(await client.ping()).toEqual({ success: true });
    expect(await client.ping({ select: true })).toEqual({ success: true });
  });

  test('types parameters by their placeholders, whatever characters a string holds', async () => {
    const awkward = `it's a\ttab, a\nline, a \\ and "quotes" ü ; --`;
    const params = {
      s: awkward,
      list: [awkward, 'b'],
      n: 18446744073709551615n,
      none: null,
      pair: new TupleParam([1, 'x']),
    };
    const query = `SELECT {s:String} AS s, {list:Array(String)} AS list, toString({n:UInt64}) AS n,
                   {none:Nullable(Int32)} AS none, {pair:Tuple(UInt8, String)} AS pair`;
    expect(await rows(query, params)).toEqual([
      { s: awkward, list: [awkward, 'b'], n: '18446744073709551615', none: null, pair: [1, 'x'] },
    ]);
  });

  test('takes parameters in a multipart body, as the client sends long ones', async () => {
    const many = Array.from({ length: 5000 }, (_, index) => `agent-${index}`);
    const result = await client.query({
      query: 'SELECT length({many:Array(String)}) AS n',
      query_params: { many },
      use_multipart_params: true,
      format: 'JSONEachRow',
    });
    expect(await result.json()).toEqual([{ n: 5000 }]);
  });

  test('answers in the format of the query', async () => {
    const query = 'SELECT number AS a, toString(number) AS b FROM numbers(2)';
    const answer = async <F extends 'JSONEachRow' | 'JSONCompactEachRow' | 'JSON' | 'TabSeparated'>(format: F) =>
      (await client.query({ query, format })).text();
    expect(await answer('JSONEachRow')).toBe('{"a":0,"b":"0"}\n{"a":1,"b":"1"}\n');
    expect(await answer('JSONCompactEachRow')).toBe('[0, "0"]\n[1, "1"]\n');
    expect(await answer('TabSeparated')).toBe('0\t0\n1\t1\n');
    expect(JSON.parse(await answer('JSON'))).toMatchObject({
      rows: 2,
      meta: [{ name: 'a', type: 'UInt64' }, { name: 'b' }],
    });
  });

  test('answers in TabSeparated without a format, or in default_format', async () => {
    const exec = async (settings: Record<string, string>) =>
      text((await client.exec({ query: 'SELECT 1 AS a', clickhouse_settings: settings })).stream);
    expect(await exec({})).toBe('1\n');
    expect(await exec({ default_format: 'JSONEachRow' })).toBe('{"a":1}\n');
  });

  test('stores JSON rows, fills defaults, and says how many rows were written', async () => {
    const { summary } = await client.insert({
      table: 't',
      values: [{ id: 1, name: 'a' }, { id: 2 }],
      format: 'JSONEachRow',
    });
    expect(summary).toMatchObject({ written_rows: '2' });
    expect(await rows('SELECT * FROM t ORDER BY id')).toEqual([
      { id: 1, name: 'a' },
      { id: 2, name: 'none' },
    ]);
  });

  test('stores a stream of TabSeparated rows into the named columns', async () => {
    const values = Readable.from(['1\n', '2\n3', '\n'], { objectMode: false });
    await client.insert({ table: 't', columns: ['id'], values, format: 'TabSeparated' });
    expect(await ids()).toEqual([1, 2, 3]);
  });

  test('takes rows as data: an empty line or a semicolon in them ends nothing', async () => {
    const stream = Readable.from(['{"id":1,"name":"; DROP TABLE t"}\n\n', '{"id":2}\n{"id":3,"name":";"}'], {
      objectMode: false,
    });
    await client.exec({ query: 'INSERT INTO t FORMAT JSONEachRow', values: stream });
    await client.command({ query: 'INSERT INTO t FORMAT TabSeparated\n4\tx;y\n5\tz\n' });
    expect(await ids()).toEqual([1, 2, 3, 4, 5]);
  });

  test('takes an insert without rows as nothing to do', async () => {
    await client.exec({ query: 'INSERT INTO t FORMAT JSONEachRow', values: Readable.from([], { objectMode: false }) });
    expect(await ids()).toEqual([]);
  });

  test('stores a block once when it is sent again with its deduplication token', async () => {
    const send = (token: string) =>
      client.exec({
        query: `INSERT INTO t SETTINGS insert_deduplication_token='${token}' FORMAT TabSeparated`,
        values: Readable.from(['1\ta\n', '2\tb\n'], { objectMode: false }),
      });
    await send('x');
    await send('x');
    expect(await ids()).toEqual([1, 2]);
    await send('y');
    expect(await ids()).toEqual([1, 1, 2, 2]);
  });

  test('keeps the settings of one request from the next', async () => {
    const insert = (id: number, token?: string) =>
      client.insert({
        table: 't',
        values: [{ id }],
        format: 'JSONEachRow',
        ...(token ? { clickhouse_settings: { insert_deduplication_token: token } } : {}),
      });
    await insert(1, 'x');
    await insert(2);
    await insert(3, 'x');
    expect(await ids()).toEqual([1, 2]);
    const query = `SELECT getSetting('max_threads') = 7 AS set`;
    const result = await client.query({ query, format: 'JSONEachRow', clickhouse_settings: { max_threads: 7 } });
    expect(await result.json()).toEqual([{ set: 1 }]);
    expect(await rows(query)).toEqual([{ set: 0 }]);
  });

  test.each(['gzip', 'zstd', 'br'] as const)('reads and writes bodies compressed by %s', async (codec) => {
    const compressing = createClient({
      url: front.url,
      compression: { request: { codec }, response: { codec } },
    });
    try {
      const values = Array.from({ length: 1000 }, (_, id) => ({ id, name: 'compressible' }));
      await compressing.insert({ table: 't', values, format: 'JSONEachRow' });
      const result = await compressing.query({ query: 'SELECT id, name FROM t ORDER BY id', format: 'JSONEachRow' });
      expect(result.response_headers['content-encoding']).toBe(codec);
      expect(await result.json()).toEqual(values);
    } finally {
      await compressing.close();
    }
  });

  test('works in the database of the request', async () => {
    await client.command({ query: 'CREATE DATABASE IF NOT EXISTS other' });
    const other = createClient({ url: front.url, database: 'other' });
    expect(await rows('SELECT currentDatabase() AS name', {}, other)).toEqual([{ name: 'other' }]);
    await other.close();
    expect(await rows('SELECT currentDatabase() AS name')).toEqual([{ name: 'default' }]);
  });

  test('names the query and measures it in the headers', async () => {
    const result = await client.query({ query: 'SELECT 1', query_id: 'mine', format: 'JSONEachRow' });
    expect(result.query_id).toBe('mine');
    expect(result.response_headers).toMatchObject({
      'x-clickhouse-query-id': 'mine',
      'x-clickhouse-format': 'JSONEachRow',
      'x-clickhouse-summary': expect.stringContaining('"read_rows":"1"'),
    });
    await result.text();
  });

  // The codes and types are ClickHouse's ErrorCodes; the statuses those of its exceptionCodeToHTTPStatus.
  test.each([
    ['a missing table', 'SELECT * FROM missing', 404, { code: '60', type: 'UNKNOWN_TABLE' }],
    ['a missing database', 'SELECT * FROM missing.t', 404, { code: '81', type: 'UNKNOWN_DATABASE' }],
    ['a syntax error', 'SELECT FROM WHERE', 400, { code: '62', type: 'SYNTAX_ERROR' }],
    ['a missing parameter', 'SELECT {a:String}', 500, { code: '456', type: 'UNKNOWN_QUERY_PARAMETER' }],
    ['two statements', 'SELECT 1; DROP TABLE t', 400, { code: '62', type: 'SYNTAX_ERROR' }],
  ])('answers %s with its exception', async (_title, query, status, error) => {
    await expect(client.command({ query })).rejects.toMatchObject(error satisfies Partial<ClickHouseError>);
    const response = await fetch(front.url, { method: 'POST', body: query });
    expect(response.status).toBe(status);
    expect(response.headers.get('x-clickhouse-exception-code')).toBe(error.code);
    expect(await response.text()).toMatch(new RegExp(`^Code: ${error.code}\\. DB::Exception: .*\\(${error.type}\\)`));
  });

  test('refuses an unknown setting, rows of a wrong type and a write by GET', async () => {
    const settings = { no_such_setting: 1 } as Record<string, number>;
    await expect(client.query({ query: 'SELECT 1', clickhouse_settings: settings })).rejects.toMatchObject({
      code: '115',
    });
    const wrong = client.insert({ table: 't', values: [{ id: 'text' }], format: 'JSONEachRow' });
    await expect(wrong).rejects.toMatchObject({ code: '27' });
    const response = await fetch(`${front.url}/?query=${encodeURIComponent('INSERT INTO t VALUES (1, 1)')}`);
    expect(response.headers.get('x-clickhouse-exception-code')).toBe('164');
    expect(await ids()).toEqual([]);
  });

  test('runs queries at the same time, each with its own settings', async () => {
    const query = `SELECT getSetting('max_threads') AS n, count() AS c FROM numbers(100000)`;
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const result = await client.query({
          query,
          format: 'JSONEachRow',
          clickhouse_settings: { max_threads: index + 1 },
        });
        return (await result.json<{ n: number }>())[0]?.n;
      }),
    );
    expect(answers).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  test('fails as it is told, and serves again afterwards', async () => {
    const insert = (id: number, timeoutMs = 30_000) =>
      client.insert({
        table: 't',
        values: [{ id }],
        format: 'JSONEachRow',
        abort_signal: AbortSignal.timeout(timeoutMs),
      });
    await front.setFault('refuse');
    await expect(insert(1)).rejects.toThrow(/socket hang up|ECONNRESET/);
    await front.setFault('error');
    await expect(insert(2)).rejects.toMatchObject({ code: '202' });
    await front.setFault('hang');
    await expect(insert(3, 200)).rejects.toThrow(/abort/);
    await front.setFault('half');
    await expect(insert(4)).rejects.toThrow(/socket hang up|ECONNRESET/);
    await expect(rows('SELECT * FROM numbers(1000)')).rejects.toThrow(/aborted|ECONNRESET/);
    await front.setFault('none');
    expect(await ids(), 'only "half" does what it was asked').toEqual([4]);
  });
});

describe.skipIf(!hasChdb())('the process of the ClickHouse HTTP front', () => {
  test('keeps its data over a kill and a restart on the same path and port', async () => {
    using directory = temporaryDirectory();
    const first = await startClickHouseHttp({ path: directory.path });
    const client = createClient({ url: first.url, log: { level: ClickHouseLogLevel.OFF } });
    await client.command({ query: 'CREATE TABLE t (id UInt64) ENGINE = MergeTree ORDER BY id' });
    await client.insert({ table: 't', values: [{ id: 1 }], format: 'JSONEachRow' });
    await first.kill();
    expect((await client.ping()).success).toBe(false);
    const second = await startClickHouseHttp({ path: directory.path, port: first.port });
    expect(await (await client.query({ query: 'SELECT id FROM t', format: 'JSONEachRow' })).json()).toEqual([
      { id: 1 },
    ]);
    await client.close();
    await second.stop();
  });

  test('says why it cannot start', async () => {
    using directory = temporaryDirectory();
    const holder = await startClickHouseHttp({ path: directory.path });
    await expect(startClickHouseHttp({ path: directory.path })).rejects.toThrow(/lock/i);
    await holder.stop();
  });

  test('ends when its parent is killed', async () => {
    const module = join(import.meta.dirname, 'clickhouse-http.ts');
    const script = `import { startClickHouseHttp } from ${JSON.stringify(module)}; console.log((await startClickHouseHttp()).url)`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [url] = await once(parent.stdout.setEncoding('utf8'), 'data');
    expect((await fetch(`${String(url).trim()}/ping`)).status).toBe(200);
    parent.kill('SIGKILL');
    await eventually(
      () =>
        fetch(`${String(url).trim()}/ping`).then(
          () => false,
          () => true,
        ),
      { what: 'the end of the front' },
    );
  });
});

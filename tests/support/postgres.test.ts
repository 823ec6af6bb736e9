import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { createDatabase, queryOnce, startPostgres } from './postgres.ts';
import { findPostgresDirectory } from './servers.ts';

const isGone = (url: string) =>
  queryOnce(url, 'SELECT 1').then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
  );

describe.skipIf(findPostgresDirectory() === undefined)('the PostgreSQL of the tests', () => {
  test('gives each file a database of its own, and ends when it is stopped', async () => {
    const server = await startPostgres();
    try {
      const [first, second] = await Promise.all([createDatabase(server.url), createDatabase(server.url)]);
      await queryOnce(first.url, 'CREATE TABLE t (a int)');
      expect(await queryOnce(second.url, `SELECT to_regclass('t') AS t`)).toEqual([{ t: null }]);
      await first.drop();
      await expect(queryOnce(first.url, 'SELECT 1')).rejects.toThrow(/does not exist/);
    } finally {
      await server.stop();
    }
    expect(await isGone(server.url)).toBe(true);
  });

  test('ends when the process that started it is killed', async () => {
    const module = join(import.meta.dirname, 'postgres.ts');
    const script = `import { startPostgres } from ${JSON.stringify(module)}; console.log((await startPostgres()).url)`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout.setEncoding('utf8'), 'data');
    const url = String(line).trim();
    expect(await queryOnce(url, `SELECT current_setting('fsync') AS fsync`)).toEqual([{ fsync: 'off' }]);
    parent.kill('SIGKILL');
    await eventually(() => isGone(url), { what: 'the end of postgres' });
  });
});

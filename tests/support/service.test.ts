import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startService } from './service.ts';
import { temporaryDirectory } from './temporary.ts';

/** The little that `startService` asks of an entry: three variables and /readyz, which is red at first. */
const entry = `
  import { createServer } from 'node:http';
  import { writeFileSync } from 'node:fs';
  const { FLEETCAST_PORT, FLEETCAST_HOST, FLEETCAST_DATA_DIR, EXTRA } = process.env;
  writeFileSync(FLEETCAST_DATA_DIR + '/started', '');
  let asked = 0;
  createServer((request, response) => response.writeHead(asked++ > 2 ? 200 : 503).end()).listen(FLEETCAST_PORT, FLEETCAST_HOST);
  process.on('SIGTERM', () => { console.log('bye'); process.exit(3); });
  console.log(FLEETCAST_DATA_DIR, EXTRA);
`;

function writeEntry(directory: string, source: string): string {
  const path = join(directory, 'entry.mjs');
  writeFileSync(path, source);
  return path;
}

test('a service is ready when it is returned, hears signals, and takes its temporary data with it', async () => {
  using directory = temporaryDirectory();
  const service = await startService({ entry: writeEntry(directory.path, entry), env: { EXTRA: 'given' } });
  expect((await fetch(`${service.url}/readyz`)).status).toBe(200);
  const [dataDir = '', extra] = service.output().trim().split(' ');
  expect(extra).toBe('given');
  expect(existsSync(join(dataDir, 'started'))).toBe(true);
  expect(await service.kill('SIGTERM')).toEqual({ code: 3, signal: null });
  expect(service.output()).toContain('bye');
  expect(existsSync(dataDir)).toBe(false);
});

test('a data directory that was given stays after kill -9', async () => {
  using directory = temporaryDirectory();
  const service = await startService({ entry: writeEntry(directory.path, entry), dataDir: directory.path });
  expect(await service.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
  expect(existsSync(join(directory.path, 'started'))).toBe(true);
});

test('a service that ends before it is ready is an error with its output', async () => {
  using directory = temporaryDirectory();
  const broken = startService({ entry: writeEntry(directory.path, `throw new Error('bad port in the config')`) });
  await expect(broken).rejects.toThrow(/bad port in the config/);
});

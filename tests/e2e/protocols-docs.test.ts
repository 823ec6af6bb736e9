import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Listening, listen } from '../../api/listen.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { documentedBlocks, towards } from '../support/documented.ts';
import { startSdk } from '../support/open-telemetry.ts';
import { findExecutable, hasChdb } from '../support/servers.ts';

describe.skipIf(!hasChdb())('what docs/protocols.md tells to type', () => {
  let service: TestApp;
  let server: Listening;
  const environment = { ...process.env };

  beforeAll(async () => {
    service = await startTestApp();
    server = await listen(service.app, { host: '127.0.0.1', port: 0 });
  });
  afterEach(() => {
    process.env = { ...environment };
  });
  afterAll(async () => {
    await server?.close();
    await service?.close();
  });

  const blocks = documentedBlocks('protocols.md', 'sh');
  const seriesOf = async (metric: string) =>
    (await service.get<{ items: { labels: Record<string, string> }[] }>(`/v1/series?metric=${metric}`)).items;

  test('the environment makes an SDK send to the service under its name', async () => {
    const exports = blocks.flatMap((block) => [...towards(server.url, block).matchAll(/^export (\w+)=(\S+)$/gm)]);
    expect(exports.length).toBeGreaterThan(3);
    for (const [, name, value] of exports) process.env[name!] = value;
    const sdk = startSdk({ encoding: 'protobuf' });
    const jobs = sdk.meters.getMeter('app').createCounter('jobs.done');
    jobs.add(3);
    await sdk.meters.forceFlush();
    // The first total tells nothing of a counter that seems to be older than the service: their clocks differ by a little.
    jobs.add(2);
    await sdk.shutdown();
    expect((await seriesOf('jobs.done')).map(({ labels }) => labels)).toEqual([
      { agent: 'checkout/1', service_name: 'checkout', deployment_environment_name: 'prod' },
    ]);
  });

  test.skipIf(findExecutable('curl') === undefined)('each command is taken, and stores what it says', async () => {
    const commands = blocks.filter((block) => /^curl /m.test(block));
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      const shell = spawn('sh', ['-euc', towards(server.url, command)], { stdio: ['ignore', 'ignore', 'pipe'] });
      const [complaint, [code]] = await Promise.all([text(shell.stderr), once(shell, 'close')]);
      expect([code, complaint]).toEqual([0, '']);
    }
    expect((await seriesOf('queue.depth')).map(({ labels }) => labels)).toEqual([
      { agent: 'checkout', service_name: 'checkout' },
    ]);
    expect((await seriesOf('task_duration_seconds')).map(({ labels }) => labels)).toEqual([
      { agent: '/runners/7', kind: 'com.example.build' },
    ]);
  });
});

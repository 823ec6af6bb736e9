import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { createFleetcastClient } from '../../sdk/typescript/client.ts';
import { freePort } from '../support/ports.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { runCommand, startCommand } from './command.ts';

test('a port that is taken is said to be so, and nothing is started', async () => {
  const port = await freePort();
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  const { code, stderr } = await runCommand('tools/demo/main.ts', '--port', String(port));
  other.close();
  expect(code).toBe(1);
  expect(stderr.trim()).toBe(
    `port ${port} is taken, perhaps by another Fleetcast; end it, or choose another with --port`,
  );
});

test('the demo fills every view, stops cleanly on Ctrl-C, and goes on at the next start', {
  timeout: 400_000,
}, async () => {
  using directory = temporaryDirectory();
  const port = await freePort();
  const args = ['tools/demo/main.ts', '--port', String(port), '--data', directory.path, '--days', '1'] as const;
  const fleetcast = createFleetcastClient({ url: `http://127.0.0.1:${port}` });

  const first = startCommand(...args);
  await first.says('The fleet lives on');
  expect(first.stdout()).toContain('232 agents, 1 day of history');
  const agents = await fleetcast.agents();
  expect(agents.filter(({ type }) => type !== 'machine')).toHaveLength(232);
  expect(agents.filter(({ type, state }) => type === 'machine' && (state === 'new' || state === 'up'))).toHaveLength(1);
  const [queue] = await fleetcast.series({ metric: 'task_queue_depth', labels: { kind: 'run-workflow' } });
  expect(first.stdout()).toContain(`/#/series/${queue!.id}`);
  expect((await fleetcast.slos()).every(({ total }) => total > 0)).toBe(true);
  const [memory] = await fleetcast.series({ agent: 'ai_ml-004', metric: 'memory_used_bytes' });
  expect(await fleetcast.forecasts(memory!.id)).not.toEqual([]);
  first.process.kill('SIGINT');
  expect(await first.exitCode).toBe(0);
  await expect(fleetcast.status({ attempts: 1 })).rejects.toThrow(/no answer/);

  const second = startCommand(...args);
  await second.says('The fleet of the last start goes on');
  expect(await fleetcast.agents()).toHaveLength(233);
  second.process.kill('SIGINT');
  expect(await second.exitCode).toBe(0);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { startService } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { startSender } from './sender.ts';
import { findFaults } from './stored.ts';

/** So long after so many answered requests the process is killed: within a write, an insert, or between them. */
const moments = Array.from({ length: 20 }, (_, i) => ({ requests: 3 + ((i * 37) % 60), thenMs: (i * 53) % 400 }));

describe.skipIf(!hasChdb())('kill -9 during a stream of posts', () => {
  test('loses nothing that got a 2xx, and stores nothing twice, however often it happens', async () => {
    using directory = temporaryDirectory();
    const acknowledged = { heartbeats: [] as string[], events: [] as string[], samples: [] as string[] };
    // A short age, so that there is always an insert under way.
    const env = { FLEETCAST_JOBS_ENABLED: 'false', FLEETCAST_INGEST_DRAIN_AGE_MS: '20' };
    for (const [round, { requests, thenMs }] of moments.entries()) {
      const service = await startService({ dataDir: directory.path, env });
      const sender = startSender(service, { prefix: `round-${round}` });
      await sender.untilRequests(requests);
      await sleep(thenMs);
      expect(await service.kill('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' });
      await sender.ended;
      for (const kind of ['heartbeats', 'events', 'samples'] as const) {
        acknowledged[kind].push(...sender.acknowledged[kind]);
      }
    }
    const service = await startService({ dataDir: directory.path });
    const last = acknowledged.heartbeats.at(-1)!;
    const after = Buffer.from(JSON.stringify([`${last.slice(0, -1)}`])).toString('base64url');
    // A reader does not wait for ever for what an earlier process left: on a busy machine the first may come too soon.
    await eventually(
      async () => {
        const answer = await fetch(`${service.url}/v1/agents?limit=1000&cursor=${after}`);
        const { items } = (await answer.json()) as { items: { agent: string }[] };
        return items.some(({ agent }) => agent === last);
      },
      { what: 'the restarted service serves what was stored' },
    );
    await service.kill('SIGTERM');
    expect(Object.values(acknowledged).every((ids) => ids.length > 50)).toBe(true);
    expect(await findFaults(directory.path, acknowledged)).toEqual({ lost: [], twice: [], derivedTwice: 0 });
  }, 180_000);
});

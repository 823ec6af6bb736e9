import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type HeartbeatRow, heartbeatsTable } from '../../store/tables.ts';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { countHeartbeats } from '../support/stored-rows.ts';
import { openTestTelemetry } from '../support/telemetry.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { openTestWriter } from '../support/writer.ts';

/** A file system of two megabytes, where this process may mount one. */
function smallDisk() {
  const directory = temporaryDirectory();
  const path = join(directory.path, 'disk');
  mkdirSync(path);
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path]);
  return {
    path: status === 0 ? path : undefined,
    [Symbol.dispose]() {
      if (status === 0) spawnSync('umount', ['-l', path]);
      directory.remove();
    },
  };
}

const time = Date.UTC(2026, 0, 31, 12);
const heartbeat = (agent: string): HeartbeatRow => ({
  ...{ tenant: 'default', agent, agent_type: 'x'.repeat(20_000), version: '', status: 'ok', time, received_at: time },
  ...{ interval_seconds: 60, labels: {}, raw_until: 30_000, rollup_until: 30_000 },
});

test.skipIf(!hasChdb())(
  'a spool on a full disk refuses with 503, loses nothing, and takes records again',
  async (context) => {
    using disk = smallDisk();
    if (disk.path === undefined) return context.skip('this process may not mount a file system');
    const opened = await openTestTelemetry();
    let isAway = true;
    const store = {
      ...opened.store,
      insertBlock: (...args: Parameters<typeof opened.store.insertBlock>) =>
        isAway ? Promise.reject(new Error('away')) : opened.store.insertBlock(...args),
    };
    const faults: unknown[] = [];
    const onSpoolWrite = ({ error }: { error?: unknown }) => void (error !== undefined && faults.push(error));
    const { writer, close } = await openTestWriter(store, {
      folder: disk.path,
      spool: { segmentMaxBytes: 300_000 },
      onSpoolWrite,
    });
    const taken: string[] = [];
    const refused: string[] = [];
    for (let i = 0; i < 120; i++) {
      await writer.write(heartbeatsTable, [heartbeat(`a${i}`)]).then(
        () => taken.push(`a${i}`),
        (error: { code: string; retryAfterSeconds: number }) => {
          expect(error).toMatchObject({ code: 'unavailable', retryAfterSeconds: 5 });
          refused.push(`a${i}`);
        },
      );
    }
    expect(taken.length).toBeGreaterThan(50);
    expect(refused.length).toBeGreaterThan(10);
    expect(readdirSync(disk.path).length, 'what could not be written leaves nothing behind').toBeLessThan(20);
    expect(faults[0]).toMatchObject({ code: 'ENOSPC' });
    isAway = false;
    await eventually(() => writer.backlog().rows === 0);
    for (const agent of refused)
      expect(await writer.write(heartbeatsTable, [heartbeat(agent)])).toMatchObject({ rows: 1 });
    expect(await writer.caughtUp(10_000)).toBe(true);
    const counts = await countHeartbeats(opened.store);
    expect([...taken, ...refused].filter((agent) => counts.get(agent) !== 1)).toEqual([]);
    await close();
    await opened.close();
  },
);

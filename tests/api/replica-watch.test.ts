import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createReplicaWatch } from '../../api/replica-watch.ts';
import { type CounterTotals, openCounterTotals } from '../../ingest/counter-totals.ts';
import { listReplicas } from '../../store/records/replicas.ts';
import { createHealth } from '../../telemetry/health.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { startState, type TestState } from '../store/state-targets.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const minuteMs = 60_000;

describe('replicas that share a state store', () => {
  const directory = temporaryDirectory();
  let state: TestState;
  let clockMs = Date.UTC(2026, 0, 5);
  const now = () => new Date(clockMs);
  let replicas: Awaited<ReturnType<typeof startReplica>>[] = [];
  let files = 0;

  beforeAll(async () => {
    state = await startState();
  });
  beforeEach(async () => {
    for (const { watch, totals } of replicas) {
      await watch.leave();
      await totals.close();
    }
    replicas = [await startReplica('a'), await startReplica('b')];
  });
  afterAll(async () => {
    for (const { totals } of replicas) await totals.close();
    await state.remove();
    directory.remove();
  });

  async function startReplica(holder: string) {
    const totals = await openCounterTotals({ path: join(directory.path, `counters-${files++}`), capacity: 10_000 });
    const health = createHealth(now, createMetrics('test').degraded);
    const watch = createReplicaWatch({ state: state.store, totals, holder, health, now });
    return { totals, watch, isDegraded: () => health.degradations().some(({ component }) => component === 'counters') };
  }

  const hear = (totals: CounterTotals, first: number, count = 500) =>
    totals.keep(
      Array.from({ length: count }, (_, i) => {
        // Identifiers are hashes: what is heard lies anywhere among what is known.
        const seriesId = ((BigInt(first + i) * 0x9e3779b97f4a7c15n) % 2n ** 64n).toString();
        return { seriesId, time: clockMs, total: clockMs, start: 0 };
      }),
    );

  /** Minutes go by, in each of which the senders send and each replica looks. */
  async function pass(minutes: number, send: (minute: number) => Promise<unknown>): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await send(minute);
      for (const { watch } of replicas) await watch.look();
      clockMs += minuteMs;
    }
  }
  const degraded = () => replicas.map(({ isDegraded }) => isDegraded());

  test('of which each has senders of its own say nothing, however long', async () => {
    await pass(20, () => Promise.all(replicas.map(({ totals }, i) => hear(totals, 1000 * i))));
    expect(degraded()).toEqual([false, false]);
  });

  test('over which a sender is spread say so on each, until it keeps to one', async () => {
    const [a, b] = replicas;
    const sendTo = (minute: number) =>
      Promise.all([hear(a!.totals, 0), hear(minute % 2 === 0 ? a!.totals : b!.totals, 1000)]);
    await pass(12, sendTo);
    expect(degraded()).toEqual([true, true]);
    await pass(8, () => hear(a!.totals, 0, 1500));
    expect(degraded()).toEqual([false, false]);
  });

  test('of which one takes over the senders of another say nothing: that happens, and is no spreading', async () => {
    await pass(6, () => hear(replicas[0]!.totals, 0));
    await pass(12, () => hear(replicas[1]!.totals, 0));
    expect(degraded()).toEqual([false, false]);
  });

  test('hold first totals for told to one another, until ten minutes after the last of the others has gone', async () => {
    const [a, b] = replicas;
    await a!.watch.look();
    expect(a!.totals.areShared()).toBe(false);
    await b!.watch.look();
    await a!.watch.look();
    await b!.watch.leave();
    replicas = [a!];
    await pass(9, async () => {});
    expect(a!.totals.areShared()).toBe(true);
    await pass(3, async () => {});
    expect(a!.totals.areShared()).toBe(false);
    await b!.totals.close();
  });

  test('are counted while they are there, and neither after they left nor when they have been silent', async () => {
    const holders = async () => (await listReplicas(state.store, now())).map(({ holder }) => holder);
    await pass(1, async () => {});
    expect(await holders()).toEqual(['a', 'b']);
    await replicas[0]!.watch.leave();
    expect(await holders()).toEqual(['b']);
    clockMs += 4 * minuteMs;
    expect(await holders()).toEqual([]);
  });
});

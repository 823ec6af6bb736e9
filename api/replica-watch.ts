import type { CounterTotals } from '../ingest/counter-totals.ts';
import { listReplicas, removeReplica, reportReplica } from '../store/records/replicas.ts';
import type { StateStore } from '../store/state.ts';
import type { Health } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/log.ts';

export interface ReplicaWatchDeps {
  state: StateStore;
  totals: Pick<CounterTotals, 'heardSince' | 'share'>;
  /** Names this process among the replicas. */
  holder: string;
  health: Health;
  now: () => Date;
}

export interface ReplicaWatch {
  /** Says that this replica is there, and whether its counters come to another one as well. */
  look(): Promise<void>;
  leave(): Promise<void>;
}

const component = 'counters';
const lookEveryMs = 60_000;
/** A sender that is moved to another replica has been at both for so long at most, one that is spread over them for longer. */
const windowMs = 5 * 60_000;
/** For so long the senders of a replica that left may come here with what they told it. */
const afterPeersMs = 10 * 60_000;
/** The smallest identifiers, which are hashes: two replicas that hear the same series choose the same ones. */
const comparedSeries = 64;

/** Looks once a minute from now on. Answers how to stop. */
export async function startReplicaWatch(deps: ReplicaWatchDeps & { log: Logger }): Promise<() => Promise<void>> {
  const watch = createReplicaWatch(deps);
  const looked = () =>
    watch
      .look()
      .catch((error: unknown) => deps.log.error({ err: error }, 'this replica could not say that it is there'));
  await looked();
  const timer = setInterval(() => void looked(), lookEveryMs);
  return async () => {
    clearInterval(timer);
    await watch
      .leave()
      .catch((error: unknown) => deps.log.warn({ err: error }, 'this replica could not say that it leaves'));
  };
}

/**
 * Watches whether senders keep to one replica each. Each replica holds the last totals of the counters that come to it: where
 * the totals of one come to two, both count its increases. Each tells the others some of what it heard (a bottom-k sketch,
 * Cohen and Kaplan 2007), and what two have in common for longer than a move takes is said in `/status`.
 */
export function createReplicaWatch({ state, totals, holder, health, now }: ReplicaWatchDeps): ReplicaWatch {
  let sharedSince: number | undefined;
  let lastPeerAt = Number.NEGATIVE_INFINITY;
  return {
    async look() {
      const at = now().getTime();
      const others = (await listReplicas(state, now())).filter((replica) => replica.holder !== holder);
      if (others.length > 0) lastPeerAt = at;
      totals.share(at - lastPeerAt < afterPeersMs);
      const counters = others.length === 0 ? [] : await totals.heardSince(at - windowMs, comparedSeries);
      await reportReplica(state, { holder, counters }, now());
      const mine = new Set(counters);
      if (!others.some((other) => other.counters.some((id) => mine.has(id)))) {
        sharedSince = undefined;
        return health.recover(component);
      }
      sharedSince ??= at;
      if (at - sharedSince > windowMs)
        health.degrade(
          component,
          'the totals of the same counters come to several replicas, so that their increases count more than once; let each sender keep to one replica (docs/replicas.md)',
        );
    },
    leave: () => removeReplica(state, holder),
  };
}

import { migrateState } from '../../store/migrate-state.ts';
import { ensureDefaultTenant } from '../../store/records/tenants.ts';
import { openStateStore, type StateStore } from '../../store/state.ts';
import { createDatabase } from '../support/postgres.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A database that the suites of the state store run over. */
export interface StateTarget {
  engine: 'sqlite' | 'postgres';
  /** False where this machine lacks it; `npm test` says so in one line. */
  isAvailable: boolean;
  /** Makes it, empty. */
  create(): Promise<StateDatabase>;
}

export interface StateDatabase {
  /** What `openStateStore` takes, any number of times. */
  url: string;
  remove(): Promise<void>;
}

export const stateTargets: readonly StateTarget[] = [
  {
    engine: 'sqlite',
    isAvailable: true,
    async create() {
      const directory = temporaryDirectory();
      return { url: `sqlite:${directory.path}/nested/state.db`, remove: async () => directory.remove() };
    },
  },
  {
    engine: 'postgres',
    isAvailable: Boolean(process.env.TEST_DATABASE_URL),
    async create() {
      const { url, drop } = await createDatabase();
      return { url, remove: drop };
    },
  },
];

export interface TestState extends StateDatabase {
  store: StateStore;
}

export const defaultRetention = { rawDays: 90, rollupDays: 400 };

/** A database with its tables, the default tenant, and a store on it. */
export async function startState(target: StateTarget = stateTargets[0]!, now = () => new Date()): Promise<TestState> {
  const { url, remove } = await target.create();
  const store = openStateStore({ url, holder: 'test', now });
  await migrateState(store);
  await ensureDefaultTenant(store, defaultRetention, now());
  return {
    url,
    store,
    remove: async () => {
      await store.close();
      await remove();
    },
  };
}

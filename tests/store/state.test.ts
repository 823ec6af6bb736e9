import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrateState } from '../../store/migrate-state.ts';
import { openStateStore, type StateStore } from '../../store/state.ts';
import { eventually } from '../support/eventually.ts';
import { queryOnce } from '../support/postgres.ts';
import { runInProcess, startProcess } from './processes.ts';
import { type StateDatabase, stateTargets } from './state-targets.ts';

const leaseMs = 30_000;
const migrations = readdirSync(join(import.meta.dirname, '../../store/schema/state'))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort();

/** A promise that is settled from outside. */
function gate() {
  return Promise.withResolvers<void>();
}

describe.each(stateTargets)('the state store on $engine', ({ engine, isAvailable, create }) => {
  describe.skipIf(!isAvailable)('keeps its contract', () => {
    let database: StateDatabase;
    const stores: StateStore[] = [];

    /** Another process as far as the store can tell: a connection and a name of its own. */
    function open(holder: string, now = () => new Date()): StateStore {
      const store = openStateStore({ url: database.url, holder, now });
      stores.push(store);
      return store;
    }

    beforeEach(async () => {
      database = await create();
    });
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close();
      await database.remove();
    });

    test('migrations run once; again, also on another connection, they change nothing', async () => {
      const store = open('a');
      expect(store.engine).toBe(engine);
      expect(await migrateState(store)).toEqual(migrations);
      await store.db.insertInto('job_watermarks').values({ job: 'j', watermark: 1 }).execute();
      expect(await migrateState(store)).toEqual([]);
      expect(await migrateState(open('b'))).toEqual([]);
      expect(await store.db.selectFrom('job_watermarks').selectAll().execute()).toEqual([{ job: 'j', watermark: 1 }]);
    });

    test('two processes may migrate an empty database at once: one does it, the other finds it done', async () => {
      const migrate = `
        import { migrateState } from './store/migrate-state.ts';
        import { openStateStore } from './store/state.ts';
        const store = openStateStore({ url: process.argv[1], holder: String(process.pid), now: () => new Date() });
        console.log((await migrateState(store)).length);
        await store.close();`;
      const runs = await Promise.all([1, 2, 3].map(() => runInProcess(migrate, database.url)));
      expect(runs.map(({ code, errors }) => [code, errors])).toEqual(Array(3).fill([0, '']));
      expect(runs.map(({ output }) => output.trim()).sort()).toEqual(['0', '0', String(migrations.length)]);
    });

    test('numbers of milliseconds come back as numbers, exactly', async () => {
      const store = open('a');
      await migrateState(store);
      const watermark = Date.UTC(2100, 0, 1) + 0.0;
      await store.db.insertInto('job_watermarks').values({ job: 'j', watermark }).execute();
      expect(await store.db.selectFrom('job_watermarks').select('watermark').executeTakeFirst()).toEqual({ watermark });
    });

    test('a transaction that fails leaves nothing', async () => {
      const store = open('a');
      await migrateState(store);
      const failing = store.db.transaction().execute(async (transaction) => {
        await transaction.insertInto('job_watermarks').values({ job: 'j', watermark: 1 }).execute();
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await store.db.selectFrom('job_watermarks').selectAll().execute()).toEqual([]);
    });

    describe('exclusive', () => {
      test('answers the result of the work, and lets the next one in afterwards', async () => {
        const store = open('a');
        await migrateState(store);
        expect(await store.exclusive('x', async () => 1)).toBe(1);
        expect(await store.exclusive('x', async () => 2)).toBe(2);
      });

      test('keeps out another connection, and the same one, while the work goes on; other names go on beside it', async () => {
        const [a, b] = [open('a'), open('b')];
        await migrateState(a);
        const { promise, resolve } = gate();
        const started = gate();
        const work = a.exclusive('x', async () => {
          started.resolve();
          await promise;
          return 'a';
        });
        await started.promise;
        expect(await b.exclusive('x', async () => 'b')).toBeUndefined();
        expect(await a.exclusive('x', async () => 'again')).toBeUndefined();
        expect(await b.exclusive('y', async () => 'b')).toBe('b');
        resolve();
        expect(await work).toBe('a');
        expect(await b.exclusive('x', async () => 'b')).toBe('b');
      });

      test('passes the error of the work on, and frees the name', async () => {
        const [a, b] = [open('a'), open('b')];
        await migrateState(a);
        await expect(a.exclusive('x', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
        expect(await b.exclusive('x', async () => 'b')).toBe('b');
      });

      test('of many who want the name at once, one at a time has it', async () => {
        const contenders = Array.from({ length: 6 }, (_, i) => open(`c${i}`));
        await migrateState(contenders[0]!);
        let [inside, most, runs] = [0, 0, 0];
        const contend = async (store: StateStore) => {
          for (let i = 0; i < 10; i++) {
            await store.exclusive('x', async () => {
              most = Math.max(most, ++inside);
              await new Promise((resolve) => setImmediate(resolve));
              inside--;
              runs++;
            });
          }
        };
        await Promise.all(contenders.map(contend));
        expect(most).toBe(1);
        expect(runs).toBeGreaterThanOrEqual(10);
      });

      const holdForEver = `
        import { openStateStore } from './store/state.ts';
        const store = openStateStore({ url: process.argv[1], holder: 'child', now: () => new Date() });
        await store.exclusive('x', () => new Promise(() => {
          console.log('held');
          setInterval(() => {}, 1000);
        }));`;

      test(`the name of a process that was killed is free ${engine === 'sqlite' ? 'when its lease has ended' : 'at once'}`, async () => {
        let now = Date.now();
        const store = open('a', () => new Date(now));
        await migrateState(store);
        const child = startProcess(holdForEver, database.url);
        await once(child.stdout!, 'data');
        expect(await store.exclusive('x', async () => 'a')).toBeUndefined();
        child.kill('SIGKILL');
        await once(child, 'exit');
        if (engine === 'sqlite') {
          expect(await store.exclusive('x', async () => 'a')).toBeUndefined();
          now = Date.now() + leaseMs + 1;
          expect(await store.exclusive('x', async () => 'a')).toBe('a');
        } else {
          // The server has to notice that the connection is gone.
          expect(await eventually(() => store.exclusive('x', async () => 'a'))).toBe('a');
        }
      });

      if (engine === 'sqlite') {
        test('a lease that ended during the work is not taken from its new holder', async () => {
          let now = Date.now();
          const clock = () => new Date(now);
          const [a, b] = [open('a', clock), open('b', clock)];
          await migrateState(a);
          const [first, second] = [gate(), gate()];
          const stalled = a.exclusive('x', () => first.promise);
          await eventually(async () => (await b.db.selectFrom('leases').selectAll().execute()).length === 1);
          now += leaseMs + 1;
          const started = gate();
          const successor = b.exclusive('x', () => {
            started.resolve();
            return second.promise;
          });
          await started.promise;
          first.resolve();
          await stalled;
          expect(await b.db.selectFrom('leases').select('holder').execute()).toEqual([{ holder: 'b' }]);
          second.resolve();
          await successor;
          expect(await b.db.selectFrom('leases').selectAll().execute()).toEqual([]);
        });
      }
    });

    if (engine === 'postgres') {
      test('a server that drops all connections does not end the process, which connects again', async () => {
        const store = open('a');
        await migrateState(store);
        const held = gate();
        const work = store.exclusive('x', () => held.promise);
        const name = new URL(database.url).pathname.slice(1);
        const drop = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`;
        await queryOnce(process.env.TEST_DATABASE_URL!, drop);
        held.resolve();
        await expect(work).rejects.toThrow();
        await eventually(async () => (await sql`SELECT 1`.execute(store.db)).rows.length === 1);
        expect(await store.exclusive('x', async () => 'again')).toBe('again');
      });
    }

    if (engine === 'sqlite') {
      test('the file survives in WAL mode, in a folder that is made when it is missing', async () => {
        const store = open('a');
        await migrateState(store);
        const { rows } = await sql<{ journal_mode: string }>`PRAGMA journal_mode`.execute(store.db);
        expect(rows).toEqual([{ journal_mode: 'wal' }]);
        expect(readFileSync(database.url.slice('sqlite:'.length)).subarray(0, 15).toString()).toBe('SQLite format 3');
      });
    }
  });
});

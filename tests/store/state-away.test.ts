import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StoreAwayError } from '../../store/away.ts';
import { openStateStore, type StateStore } from '../../store/state.ts';
import { eventually } from '../support/eventually.ts';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { findPostgresDirectory } from '../support/servers.ts';

describe.skipIf(findPostgresDirectory() === undefined)('a PostgreSQL that', () => {
  let server: PostgresServer;
  let store: StateStore;

  beforeAll(async () => {
    server = await startPostgres();
    store = openStateStore({ url: server.url, holder: 'test', now: () => new Date() });
  }, 60_000);
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  });

  const ask = () => sql`SELECT 1`.execute(store.db);

  test('refuses a statement is not away: the fault is in the statement', async () => {
    await expect(sql`SELECT nothing`.execute(store.db)).rejects.toMatchObject({ code: '42703' });
  });

  test('ends a connection is away for the statement that was on it, and there again after it', async () => {
    const held = sql`SELECT pg_sleep(60)`.execute(store.db).catch((error: unknown) => error);
    const others = sql`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()`;
    for (let ended = 0; ended === 0; ) ended = (await others.execute(store.db)).rows.length;
    expect(await held).toBeInstanceOf(StoreAwayError);
    expect(await held).toMatchObject({ store: 'state-store', reason: 'SQLSTATE 57P01', retryAfterSeconds: 5 });
    await eventually(ask, { what: 'an answer on another connection' });
  });

  // The last one: nothing answers after it.
  test('is gone is away, in transactions too', async () => {
    await server.stop();
    const transaction = store.db.transaction().execute((db) => sql`SELECT 1`.execute(db));
    for (const answer of await Promise.allSettled([ask(), transaction, ask()])) {
      const { reason } = answer as PromiseRejectedResult;
      expect(reason).toBeInstanceOf(StoreAwayError);
      expect(reason.message).toBe('the state store does not answer; send the same again');
    }
  });
});

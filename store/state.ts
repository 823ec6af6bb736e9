import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, SqliteAdapter, type SqliteDatabase, SqliteDialect, type SqliteStatement, sql } from 'kysely';
import pg from 'pg';
import { TellingPostgresDialect } from './postgres-dialect.ts';

/** The tables of state that changes. Times are Unix milliseconds; structures are JSON text. */
export interface StateTables {
  tenants: { id: string; name: string; raw_retention_days: number; rollup_retention_days: number; created_at: number };
  api_keys: {
    id: string;
    tenant: string;
    name: string;
    hash: string;
    scopes: string;
    hint: string;
    created_at: number;
    expires_at: number | null;
    revoked_at: number | null;
    last_used_at: number | null;
    replaced_by: string | null;
    requests_per_second: number | null;
    records_per_second: number | null;
  };
  tenant_budgets: { tenant: string; budget: string; changed_at: number };
  overflows: {
    id: string;
    tenant: string;
    exceeded: string;
    agent: string;
    metric: string;
    started_at: number;
    last_at: number;
    samples: number;
  };
  audit_log: {
    id: string;
    tenant: string;
    at: number;
    action: string;
    target: string;
    key_id: string;
    key_name: string;
    address: string;
    details: string;
  };
  slos: {
    tenant: string;
    id: string;
    name: string;
    description: string;
    indicator: string;
    selector: string;
    objective: number;
    window_days: number;
    created_at: number;
  };
  job_watermarks: { job: string; watermark: number };
  job_runs: {
    id: string;
    job: string;
    trigger: string;
    from_time: number;
    to_time: number;
    status: string;
    progress: number;
    holder: string;
    started_at: number;
    finished_at: number | null;
    result: string;
    error: string;
  };
  replicas: { holder: string; seen_at: number; counters: string };
  leases: { name: string; holder: string; expires_at: number };
  models: {
    id: string;
    tenant: string;
    kind: string;
    version: number;
    weights: Buffer;
    checksum: string;
    metadata: string;
    created_at: number;
    promoted_at: number | null;
    parent_id: string | null;
    training_from: number | null;
    training_to: number | null;
    data_hash: string | null;
    backend: string | null;
    metrics: string | null;
  };
  maintenance_windows: {
    id: string;
    tenant: string;
    agent: string;
    agent_type: string;
    metric: string;
    from_time: number;
    to_time: number;
    reason: string;
    created_by: string;
    created_at: number;
  };
  incident_actions: { tenant: string; incident: string; action: string; actor: string; note: string; at: number };
  /** What a person said of an anomaly; `shape` is what similar ones are told by. */
  feedback: {
    id: string;
    tenant: string;
    anomaly: string;
    series: string;
    detector: string;
    verdict: string;
    reason: string;
    author: string;
    shape: string;
    at: number;
  };
  idempotency_keys: {
    tenant: string;
    key: string;
    fingerprint: string;
    received_at: number;
    started_at: number;
    expires_at: number;
    /** The status of the answer; 0 while there is none. */
    status: number;
    content_type: string;
    answer: string;
  };
  models_in_use: { tenant: string; kind: string; model_id: string };
  model_promotions: {
    tenant: string;
    kind: string;
    position: number;
    action: string;
    model_id: string;
    actor: string;
    reason: string;
    at: number;
  };
}

/** The store of state that changes: SQLite of Node itself, or PostgreSQL, behind the same queries. */
export interface StateStore {
  readonly engine: 'sqlite' | 'postgres';
  /** Its queries throw `StoreAwayError` when PostgreSQL does not answer. */
  readonly db: Kysely<StateTables>;
  /**
   * Runs `work` while this process alone holds `name`, and answers its result; answers `undefined` at once when
   * another process holds it. PostgreSQL holds an advisory lock, which ends with the connection; SQLite a lease,
   * which is renewed and ends by itself when the process dies.
   */
  exclusive<T>(name: string, work: () => Promise<T>): Promise<T | undefined>;
  close(): Promise<void>;
}

/**
 * Opens the store that the URL names.
 *
 * @param url `sqlite:PATH` or `postgres://user:password@host:5432/database`.
 * @param holder names this process in leases.
 */
export function openStateStore({ url, holder, now }: { url: string; holder: string; now: () => Date }): StateStore {
  return url.startsWith('sqlite:') ? openSqlite(url.slice('sqlite:'.length), holder, now) : openPostgres(url);
}

const leaseSeconds = 30;

function openSqlite(path: string, holder: string, now: () => Date): StateStore {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { timeout: 10_000, enableForeignKeyConstraints: true });
  enterWalMode(database);
  const db = new Kysely<StateTables>({ dialect: new NodeSqliteDialect({ database: adaptSqlite(database) }) });
  const expiry = () => now().getTime() + leaseSeconds * 1000;

  async function acquire(name: string): Promise<boolean> {
    const taken = await db
      .insertInto('leases')
      .values({ name, holder, expires_at: expiry() })
      .onConflict((conflict) =>
        conflict
          .column('name')
          .doUpdateSet({ holder, expires_at: expiry() })
          .where('leases.expires_at', '<', now().getTime()),
      )
      .returning('name')
      .execute();
    return taken.length > 0;
  }

  return {
    engine: 'sqlite',
    db,
    async exclusive(name, work) {
      if (!(await acquire(name))) return undefined;
      const mine = () => db.updateTable('leases').where('name', '=', name).where('holder', '=', holder);
      // A renewal that fails is tried again at the next third; if all fail, the lease ends as it does for a dead process.
      const renew = () =>
        void mine()
          .set({ expires_at: expiry() })
          .execute()
          .catch(() => {});
      const renewal = setInterval(renew, (leaseSeconds * 1000) / 3);
      try {
        return await work();
      } finally {
        clearInterval(renewal);
        await db.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder).execute();
      }
    },
    close: () => db.destroy(),
  };
}

function openPostgres(url: string): StateStore {
  // Times are bigint; as numbers they are exact for 285,000 years.
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 10_000,
    application_name: 'fleetcast',
    types,
  });
  // A connection that the server drops fails its statement; an error that nobody hears would also end this process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  const db = new Kysely<StateTables>({ dialect: new TellingPostgresDialect({ pool }) });
  return {
    engine: 'postgres',
    db,
    exclusive: (name, work) =>
      db.connection().execute(async (connection) => {
        const key = sql`hashtextextended(${`fleetcast:${name}`}, 0)`;
        const { rows } = await sql<{ held: boolean }>`SELECT pg_try_advisory_lock(${key}) AS held`.execute(connection);
        if (rows[0]?.held !== true) return undefined;
        try {
          return await work();
        } finally {
          await sql`SELECT pg_advisory_unlock(${key})`.execute(connection);
        }
      }),
    close: () => db.destroy(),
  };
}

/** The switch to WAL does not wait for another process that is doing the same; the mode then stays with the file. */
function enterWalMode(database: DatabaseSync): void {
  for (let attempt = 1; ; attempt++) {
    try {
      database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

/** Kysely speaks to better-sqlite3; `node:sqlite` differs in how arguments are passed and how a reader is told. */
function adaptSqlite(database: DatabaseSync): SqliteDatabase {
  return {
    prepare(text: string): SqliteStatement {
      const statement = database.prepare(text);
      const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[];
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...values(parameters)),
        run: (parameters) => statement.run(...values(parameters)),
        iterate: (parameters) => statement.iterate(...values(parameters)),
      };
    },
    close: () => database.close(),
  };
}

/** SQLite can roll back DDL; Kysely's own adapter does not say so. */
class NodeSqliteDialect extends SqliteDialect {
  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

import { type DatabaseConnection, type Driver, PostgresDialect, PostgresDriver } from 'kysely';
import pg from 'pg';
import { connectionFault, StoreAwayError } from './away.ts';

/** Kysely's dialect, which throws `StoreAwayError` where PostgreSQL does not answer. */
export class TellingPostgresDialect extends PostgresDialect {
  readonly #config: ConstructorParameters<typeof PostgresDriver>[0];

  constructor(config: ConstructorParameters<typeof PostgresDriver>[0]) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new TellingPostgresDriver(this.#config);
  }
}

class TellingPostgresDriver extends PostgresDriver {
  readonly #telling = new WeakSet<DatabaseConnection>();

  override async acquireConnection(
    ...options: Parameters<PostgresDriver['acquireConnection']>
  ): ReturnType<PostgresDriver['acquireConnection']> {
    const connection = await orAway(super.acquireConnection(...options));
    // A connection comes again, for the pool keeps it.
    if (this.#telling.has(connection)) return connection;
    this.#telling.add(connection);
    const execute = connection.executeQuery.bind(connection);
    connection.executeQuery = (...query) => orAway(execute(...query));
    return connection;
  }
}

async function orAway<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const reason = awayReason(error);
    throw reason === undefined ? error : new StoreAwayError('state-store', reason, error);
  }
}

/**
 * Classes of SQLSTATE by which PostgreSQL says that it is not there for anybody: connection, insufficient resources,
 * operator intervention (https://www.postgresql.org/docs/current/errcodes-appendix.html).
 */
const awayClasses = new Set(['08', '53', '57']);

function awayReason(error: unknown): string | undefined {
  if (!(error instanceof pg.DatabaseError)) return connectionFault(error);
  return awayClasses.has(error.code?.slice(0, 2) ?? '') ? `SQLSTATE ${error.code}` : undefined;
}

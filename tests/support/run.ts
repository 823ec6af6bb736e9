/**
 * `npm test`: runs vitest with the servers that this machine has, and ends with one line `N passed, N failed`.
 * Arguments are vitest's own: `npm test -- tests/store --bail 1`.
 */
import { parseCLI, startVitest } from 'vitest/node';
import { type PostgresServer, startPostgres } from './postgres.ts';
import { findPostgresDirectory, optionalServers } from './servers.ts';
import { isGood, summaryLine, type Tally, tally } from './tally.ts';

const missing = optionalServers.filter((server) => !server.isAvailable());
const errors: unknown[] = [];
const postgres = await startPostgresForRun().catch((error: unknown) => void errors.push(error));
if (postgres) process.env.TEST_DATABASE_URL = postgres.url;

const result = await runVitest(process.argv.slice(2));
await postgres?.stop();

for (const error of errors) console.error(error);
for (const { tests, missing: reason, remedy } of missing)
  console.log(`skipped: ${tests}, because ${reason}; ${remedy}`);
for (const note of result.skipNotes) console.log(`skipped: ${note}`);
console.log(summaryLine(result));
process.exit(isGood(result) ? 0 : 1);

async function startPostgresForRun(): Promise<PostgresServer | undefined> {
  const wanted = !process.env.TEST_DATABASE_URL && findPostgresDirectory() !== undefined;
  return wanted ? startPostgres() : undefined;
}

async function runVitest(argv: readonly string[]): Promise<Tally> {
  try {
    const { filter, options } = parseCLI(['vitest', 'run', ...argv]);
    const vitest = await startVitest(filter, { ...options, watch: false });
    await vitest.close();
    return tally(vitest.state.getTestModules(), [...errors, ...vitest.state.getUnhandledErrors()]);
  } catch (error) {
    errors.push(error);
    return tally([], errors);
  }
}

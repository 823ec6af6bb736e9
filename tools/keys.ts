import { randomBytes } from 'node:crypto';
import { Command, Option } from 'commander';
import { loadConfig } from '../api/config.ts';
import { migrateState } from '../store/migrate-state.ts';
import { listKeys, type Scope, scopes, storeKey } from '../store/records/api-keys.ts';
import { defaultTenant, ensureDefaultTenant } from '../store/records/tenants.ts';
import { openStateStore, type StateStore } from '../store/state.ts';

const now = () => new Date();

/** Opens the state store of the settings for one piece of work. */
async function withState(work: (state: StateStore) => Promise<void>): Promise<void> {
  const config = loadConfig();
  const state = openStateStore({ url: config.databaseUrl, holder: `keys:${process.pid}`, now });
  try {
    await migrateState(state);
    await ensureDefaultTenant(state, config.retention, now());
    await work(state);
  } finally {
    await state.close();
  }
}

const program = new Command('keys').description('Makes and lists the API keys of the default tenant.').addHelpText(
  'after',
  `
Examples:
  npm run keys -- create agents --scope ingest          a key for agents
  npm run keys -- create grafana --scope read           a key for whoever reads
  npm run keys -- create ops --scope read operate       a key that may also run jobs
  npm run keys -- list`,
);

program
  .command('create <name>')
  .description('make a key and print it, this once: only its hash is kept')
  .addOption(new Option('--scope <scope...>', 'what it may do').choices([...scopes]).makeOptionMandatory())
  .action((name: string, options: { scope: Scope[] }) =>
    withState(async (state) => {
      const key = `fc_${randomBytes(24).toString('base64url')}`;
      await storeKey(state, key, { tenant: defaultTenant, name, scopes: options.scope }, now());
      console.log(key);
    }),
  );

program
  .command('list')
  .description('list the keys by name, scopes and age')
  .action(() =>
    withState(async (state) => {
      const keys = await listKeys(state, defaultTenant);
      console.table(
        keys.map(({ name, scopes, createdAt }) => ({
          name,
          scopes: scopes.join(' '),
          created: createdAt.toISOString(),
        })),
      );
    }),
  );

await program.parseAsync();

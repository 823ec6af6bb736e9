import { userInfo } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { loadConfig } from '../api/config.ts';
import { migrateState } from '../store/migrate-state.ts';
import {
  createKey,
  listKeys,
  type NewKey,
  revokeKey,
  rotateKey,
  type Scope,
  scopes,
  validityOf,
} from '../store/records/api-keys.ts';
import { type Actor, type AuditAction, recordAudit } from '../store/records/audit.ts';
import { ensureSlos } from '../store/records/slo-definitions.ts';
import { createTenant, defaultTenant, ensureDefaultTenant, listTenants } from '../store/records/tenants.ts';
import { openStateStore, type StateStore } from '../store/state.ts';
import { AppError } from '../telemetry/errors.ts';
import { renderTable } from './table.ts';

const now = () => new Date();
const dayMs = 86_400_000;

/** Opens the state store of the settings for one piece of work. */
async function withState(work: (state: StateStore, retention: Retention) => Promise<void>): Promise<void> {
  const { databaseUrl, retention } = loadConfig();
  const state = openStateStore({ url: databaseUrl, holder: `keys:${process.pid}`, now });
  try {
    await migrateState(state);
    await ensureDefaultTenant(state, retention, now());
    await work(state, retention);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  } finally {
    await state.close();
  }
}

type Retention = ReturnType<typeof loadConfig>['retention'];

function record(state: Pick<StateStore, 'db'>, tenant: string, action: AuditAction, target: string, details = {}) {
  const actor: Actor = { tenant, keyId: '', keyName: `command line (${userInfo().username})`, address: 'local' };
  return recordAudit(state, actor, { action, target, details }, now());
}

/** The key alone goes to standard output, so that a script can take it. */
function show({ key, stored }: NewKey): void {
  console.error(
    `The key ${stored.id} of the tenant ${stored.tenant}. It is shown this once: only its hash is kept.` +
      (stored.expiresAt === null ? '' : ` It ends ${iso(stored.expiresAt)}.`),
  );
  console.log(key);
}

function iso(ms: number | null): string {
  return ms === null ? '' : new Date(ms).toISOString();
}

function readRate(text: string): number {
  const rate = Number(text);
  if (!Number.isFinite(rate) || rate < 0.01 || rate > 1e9)
    throw new InvalidArgumentError('allowed: 0.01 to 1000000000');
  return rate;
}

function readDays(text: string): number {
  const days = Number(text);
  if (!Number.isFinite(days) || days < 0 || days > 3650) throw new InvalidArgumentError('allowed: 0 to 3650 days');
  return days;
}

const program = new Command('keys')
  .description('Makes, lists, rotates and revokes API keys, in the state store of the settings.')
  .addHelpText(
    'after',
    `
Examples:
  npm run keys -- create agents --scope ingest                  a key for agents
  npm run keys -- create grafana --scope read --expires 365     a key for whoever reads, for a year
  npm run keys -- create ops --scope read operate               a key that may also run jobs
  npm run keys -- create noisy --scope ingest --records-per-second 1000
  npm run keys -- list
  npm run keys -- rotate KEY_ID --overlap 7                     a new key; the old one works seven days more
  npm run keys -- revoke KEY_ID                                 ends a key; replicas notice within ten seconds
  npm run keys -- tenant acme "Acme Inc."                       makes a tenant, whose data nobody else sees
  npm run keys -- create acme-agents --scope ingest --tenant acme`,
  );

interface CreateOptions {
  scope: Scope[];
  expires?: number;
  tenant: string;
  requestsPerSecond?: number;
  recordsPerSecond?: number;
}

const tenantOption = () => new Option('--tenant <id>', 'whose key').default(defaultTenant);

program
  .command('create <name>')
  .description('make a key and print it, this once: only its hash is kept')
  .addOption(new Option('--scope <scope...>', 'what it may do').choices([...scopes]).makeOptionMandatory())
  .addOption(new Option('--expires <days>', 'the key ends after so many days').argParser(readDays))
  .option('--requests-per-second <n>', 'so many requests, in place of the setting', readRate)
  .option('--records-per-second <n>', 'so many records, in place of the setting', readRate)
  .addOption(tenantOption())
  .action((name: string, { scope, expires, tenant, ...rates }: CreateOptions) =>
    withState(async (state) => {
      await knownTenant(state, tenant);
      const expiresAt = expires === undefined ? null : now().getTime() + expires * dayMs;
      const made = await state.db.transaction().execute(async (db) => {
        const grant = { name, scopes: scope, expiresAt, ...rates };
        const created = await createKey({ db }, { tenant, ...grant }, now());
        await record({ db }, tenant, 'key.created', created.stored.id, grant);
        return created;
      });
      show(made);
    }),
  );

program
  .command('list')
  .description('list the keys of a tenant; the keys themselves are not known')
  .addOption(tenantOption())
  .action(({ tenant }: { tenant: string }) =>
    withState(async (state) => {
      const keys = await listKeys(state, tenant);
      const rows = keys.map((key) => [
        ...[key.id, key.name, key.hint, key.scopes.join(' '), validityOf(key, now())],
        ...[key.createdAt, key.expiresAt, key.lastUsedAt].map(iso),
      ]);
      console.log(renderTable(['id', 'name', 'begins', 'scopes', 'state', 'created', 'ends', 'last used'], rows));
    }),
  );

program
  .command('rotate <id>')
  .description('make a key of the same name and scopes; the old one works on for the overlap')
  .addOption(
    new Option('--overlap <days>', 'so long the old key works beside the new one').default(30).argParser(readDays),
  )
  .addOption(tenantOption())
  .action((id: string, { overlap, tenant }: { overlap: number; tenant: string }) =>
    withState(async (state) => {
      const made = await state.db.transaction().execute(async (db) => {
        const rotated = await rotateKey({ db }, { tenant, id, overlapDays: overlap }, now());
        await record({ db }, tenant, 'key.rotated', id, { newKey: rotated.stored.id, overlapDays: overlap });
        return rotated;
      });
      console.error(`The old key ends ${iso(made.old.expiresAt)}.`);
      show(made);
    }),
  );

program
  .command('revoke <id>')
  .description('end a key; replicas notice within ten seconds')
  .addOption(tenantOption())
  .action((id: string, { tenant }: { tenant: string }) =>
    withState(async (state) => {
      await state.db.transaction().execute(async (db) => {
        await revokeKey({ db }, { tenant, id }, now());
        await record({ db }, tenant, 'key.revoked', id);
      });
      console.log(`revoked ${id}`);
    }),
  );

program
  .command('tenant <id> [name]')
  .description('make a tenant: its data, keys and SLOs are apart from all others')
  .action((id: string, name: string | undefined) =>
    withState(async (state, retention) => {
      await createTenant(state, { id, name: name ?? id, ...retention }, now());
      await ensureSlos(state, id, now());
      await record(state, id, 'tenant.created', id);
      console.log(`made the tenant ${id}`);
    }),
  );

async function knownTenant(state: StateStore, id: string): Promise<void> {
  const tenants = await listTenants(state);
  if (tenants.some((tenant) => tenant.id === id)) return;
  const ids = tenants.map((tenant) => tenant.id).join(', ');
  throw new AppError('not_found', `no tenant ${JSON.stringify(id)}; there are: ${ids}`);
}

await program.parseAsync();

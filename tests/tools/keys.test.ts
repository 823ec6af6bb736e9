import { afterAll, beforeAll, expect, test } from 'vitest';
import { findKey, validityOf } from '../../store/records/api-keys.ts';
import { listAudit } from '../../store/records/audit.ts';
import { listSlos } from '../../store/records/slo-definitions.ts';
import { openStateStore } from '../../store/state.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { runCommand } from './command.ts';

const directory = temporaryDirectory();

beforeAll(() => {
  process.env.FLEETCAST_DATA_DIR = directory.path;
});
afterAll(() => {
  delete process.env.FLEETCAST_DATA_DIR;
  directory.remove();
});

const keys = (...args: string[]) => runCommand('tools/keys.ts', ...args);

test('a key goes through its life at the command line, for a tenant of its own, and each step is recorded', async () => {
  expect((await keys('tenant', 'acme', 'Acme Inc.')).code).toBe(0);
  const made = await keys('create', 'agents', '--scope', 'ingest', 'read', '--expires', '90', '--tenant', 'acme');
  const key = made.stdout.trim();
  expect(key, 'standard output is the key alone, for scripts').toMatch(/^fc_[\w-]{32}$/);

  const state = openStateStore({ url: `sqlite:${directory.path}/state.db`, holder: 'test', now: () => new Date() });
  try {
    const stored = (await findKey(state, key))!;
    expect(stored).toMatchObject({ tenant: 'acme', name: 'agents', scopes: ['ingest', 'read'] });
    expect((await listSlos(state, 'acme')).length).toBeGreaterThan(0);
    const listed = await keys('list', '--tenant', 'acme');
    expect(listed.stdout).toContain(stored.id);
    expect(listed.stdout).not.toContain(key);

    const rotated = await keys('rotate', stored.id, '--overlap', '1', '--tenant', 'acme');
    const fresh = (await findKey(state, rotated.stdout.trim()))!;
    expect((await findKey(state, key))?.replacedBy).toBe(fresh.id);
    expect((await keys('revoke', fresh.id, '--tenant', 'acme')).code).toBe(0);
    expect(validityOf((await findKey(state, rotated.stdout.trim()))!, new Date())).toBe('revoked');

    const entries = await listAudit(state, { tenant: 'acme', from: 0, to: Date.now() + 1000, limit: 9 });
    expect(entries.map(({ action }) => action)).toEqual([
      'key.revoked',
      'key.rotated',
      'key.created',
      'tenant.created',
    ]);
    expect(entries[0]).toMatchObject({ address: 'local', keyName: expect.stringContaining('command line') });
  } finally {
    await state.close();
  }
});

test.each<[string, string[], RegExp]>([
  [
    'an unknown tenant',
    ['create', 'x', '--scope', 'read', '--tenant', 'nobody'],
    /no tenant "nobody"; there are: .*default/,
  ],
  ['an unknown scope', ['create', 'x', '--scope', 'root'], /ingest, read, operate, admin/],
  ['a key without a scope', ['create', 'x'], /--scope/],
  ['days that are none', ['create', 'x', '--scope', 'read', '--expires', 'soon'], /0 to 3650/],
  ['an id that is not one', ['revoke', 'nothing'], /no key "nothing"/],
  ['a tenant whose id is not fit', ['tenant', 'Acme Inc.'], /a-z, 0-9/],
])('%s is refused with what is allowed', async (_, args, expected) => {
  const { code, stderr } = await keys(...args);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(expected);
});

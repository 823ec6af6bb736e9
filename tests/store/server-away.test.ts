import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { StoreAwayError } from '../../store/away.ts';
import { migrateTelemetry } from '../../store/migrate-telemetry.ts';
import { definePackedQuery, defineQuery, defineStatement } from '../../store/query.ts';
import { samplesTable } from '../../store/tables.ts';
import { openTelemetryStore, type TelemetryStore } from '../../store/telemetry.ts';
import { type ClickHouseHttp, startClickHouseHttp } from '../support/clickhouse-http.ts';
import { eventually } from '../support/eventually.ts';
import { hasChdb } from '../support/servers.ts';
import { countRows, rolledUp, sampleRows } from './rows.ts';
import { newTenant } from './targets.ts';

const params = z.object({});
const one = defineQuery({ name: 'one', sql: 'SELECT 1 AS one', params, row: z.object({ one: z.number() }) });
const sql = 'SELECT toUInt64(1)';
const packedOne = definePackedQuery({ name: 'packed_one', sql, params, columns: { one: 'id' }, settings: {} });
const none = 'INSERT INTO samples SELECT * FROM samples WHERE 0';
const nothing = defineStatement({ name: 'nothing', sql: none, params });

describe.skipIf(!hasChdb())('a ClickHouse server that', () => {
  let front: ClickHouseHttp;
  /** As the service opens it. */
  let store: TelemetryStore;
  /** Gives up so soon that a server of which much is asked may be taken for one that is away. */
  let hasty: TelemetryStore;

  beforeAll(async () => {
    front = await startClickHouseHttp();
    store = await openTelemetryStore({ url: front.url });
    await migrateTelemetry(store, () => new Date());
    hasty = await openTelemetryStore({ url: front.url, timeoutSeconds: 2, insertTimeoutSeconds: 0.1 });
  });
  afterEach(() => front.setFault('none'));
  afterAll(async () => {
    await hasty?.close();
    await store?.close();
    await front?.stop();
  });

  const reasonOf = (statement: Promise<unknown>) =>
    statement.then(
      () => 'none',
      (error: unknown) => (error instanceof StoreAwayError ? error.reason : `not away: ${error}`),
    );
  const insert = (into: TelemetryStore, tenant: string) =>
    into.insert(samplesTable, sampleRows(tenant, [1, 2]), { token: `${tenant}-a` });

  test.each([
    ['refuse', /^the connection failed \(E[A-Z]+\)$/],
    ['error', /^TOO_MANY_SIMULTANEOUS_QUERIES$/],
    ['hang', /^no answer/],
  ] as const)(
    'is away by "%s" fails each kind of statement with what was seen, and none later',
    async (fault, reason) => {
      const statements: ((on: TelemetryStore) => Promise<unknown>)[] = [
        (on) => on.query(one, {}),
        (on) => on.within(fault === 'hang' ? 0.1 : 60).query(one, {}),
        (on) => on.queryPacked(packedOne, {}),
        (on) => on.run(nothing, {}),
        (on) => on.command('SELECT 1'),
        (on) => insert(on, newTenant()),
        (on) => on.insert(samplesTable, sampleRows(newTenant(), [1])),
      ];
      await front.setFault(fault);
      const asked = fault === 'hang' ? hasty : store;
      const reasons = await Promise.all(statements.map((run) => reasonOf(run(asked))));
      for (const seen of reasons) expect(seen).toMatch(reason);
      await front.setFault('none');
      for (const run of statements.filter((_, i) => i !== 1)) await run(store);
    },
  );

  test('breaks off within its answer is away: no half of an answer is taken for a whole one', async () => {
    await front.setFault('half');
    expect(await reasonOf(store.query(one, {}))).toMatch(/^the connection failed/);
    expect(await reasonOf(store.queryPacked(packedOne, {}))).toMatch(/^the connection failed/);
  });

  test('does an insert after it was given up and sent again stores it once, in what views derive too', async () => {
    const tenant = newTenant();
    await front.setFault('late');
    expect(await reasonOf(insert(hasty, tenant))).toMatch(/^no answer in/);
    const again = insert(store, tenant);
    await front.setFault('none');
    await again;
    // Each insert that is still under way in the server has its end before that of one that comes now.
    await insert(store, tenant);
    expect([await countRows(store, 'samples', tenant), await rolledUp(store, tenant)]).toEqual([2, 2]);
  });

  test('is slow is given twice the time for each insert that ran out of it, until one is answered', async () => {
    const slow = await openTelemetryStore({ url: front.url, timeoutSeconds: 60, insertTimeoutSeconds: 0.1 });
    await front.setFault('hang');
    const reasons: string[] = [];
    for (let i = 0; i < 3; i++) reasons.push(await reasonOf(insert(slow, newTenant())));
    expect(reasons).toEqual([0.1, 0.2, 0.4].map((seconds) => `no answer in ${seconds} s`));
    await front.setFault('none');
    await eventually(async () => (await reasonOf(insert(slow, newTenant()))) === 'none');
    await front.setFault('hang');
    expect(await reasonOf(insert(slow, newTenant()))).toBe('no answer in 0.1 s');
    await slow.close();
  });

  test('holds all queries holds no insert: inserts have connections of their own', async () => {
    const other = await openTelemetryStore({ url: front.url, insertTimeoutSeconds: 60 });
    await front.setFault('hang');
    const held = Array.from({ length: 30 }, () => reasonOf(other.query(one, {})));
    expect(await reasonOf(hasty.within(0.2).query(one, {})), 'they have come by now').toMatch(/^no answer/);
    await front.setFault('none');
    await insert(other, newTenant());
    await other.close();
    expect(await Promise.all(held)).toContain('the service is stopping');
  });

  test('hangs does not hold whoever closes the store: what is under way is given up', async () => {
    const other = await openTelemetryStore({ url: front.url });
    await front.setFault('hang');
    const held = reasonOf(other.query(one, {}));
    await other.close();
    expect(await held).toBe('the service is stopping');
  });
});

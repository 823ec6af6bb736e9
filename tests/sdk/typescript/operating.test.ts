import { describe, expect, it } from 'vitest';
import { createFleetcastClient } from '../../../sdk/typescript/client.ts';
import { scriptedServer } from './server.ts';

describe('what an operator asks', () => {
  it('goes to the paths of the API, with bodies and filters as it spells them', async () => {
    await using server = await scriptedServer(({ method }) => ({
      body: method === 'GET' ? { items: [{ id: 'x' }], nextCursor: null } : {},
    }));
    const fleetcast = createFleetcastClient({ url: server.url });
    expect(await fleetcast.keys()).toEqual([{ id: 'x' }]);
    await fleetcast.createKey({ name: 'grafana', scopes: ['read'], recordsPerSecond: 10 });
    await fleetcast.rotateKey('k/1');
    await fleetcast.revokeKey('k');
    await fleetcast.auditLog({ action: 'key.created', from: 0 });
    await fleetcast.cardinality(3);
    await fleetcast.quarantine({ reason: 'late', to: 0 });
    await fleetcast.quarantineCounts();
    await fleetcast.replayQuarantine({ ids: ['r'] });
    await fleetcast.replayQuarantine({ reason: 'late', from: 0 });
    await fleetcast.replayQuarantine({ all: true });
    await fleetcast.tenants();
    await fleetcast.createTenant({ id: 'acme', name: 'Acme' });
    await fleetcast.createTenantKey('acme', { name: 'first', scopes: ['admin'] });
    await fleetcast.setBudget('acme', { maxLabels: 8 });
    expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v1/keys?limit=1000',
      'POST /v1/keys',
      'POST /v1/keys/k%2F1/rotate',
      'DELETE /v1/keys/k',
      'GET /v1/audit?limit=1000&action=key.created&from=1970-01-01T00%3A00%3A00.000Z',
      'GET /v1/cardinality?top=3',
      'GET /v1/quarantine?limit=1000&reason=late&to=1970-01-01T00%3A00%3A00.000Z',
      'GET /v1/quarantine/counts?limit=1000',
      'POST /v1/quarantine/replay',
      'POST /v1/quarantine/replay',
      'POST /v1/quarantine/replay',
      'GET /v1/tenants?limit=1000',
      'POST /v1/tenants',
      'POST /v1/tenants/acme/keys',
      'PUT /v1/tenants/acme/cardinality',
    ]);
    expect([1, 2, 8, 9, 10, 13, 14].map((i) => JSON.parse(server.received[i]!.body))).toEqual([
      { name: 'grafana', scopes: ['read'], recordsPerSecond: 10 },
      { overlapDays: 30 },
      { ids: ['r'] },
      { reason: 'late', from: '1970-01-01T00:00:00.000Z' },
      { all: true },
      { name: 'first', scopes: ['admin'] },
      { maxLabels: 8 },
    ]);
  });

  it('does not ask for a key a second time, which could make two', async () => {
    await using server = await scriptedServer(() => ({ status: 503, body: { title: 'x', status: 503, detail: 'y' } }));
    const fleetcast = createFleetcastClient({ url: server.url, sleep: async () => {} });
    await expect(fleetcast.createKey({ name: 'k', scopes: ['read'] })).rejects.toMatchObject({ status: 503 });
    await expect(fleetcast.keys()).rejects.toMatchObject({ status: 503 });
    expect(server.received.map(({ method }) => method)).toEqual(['POST', ...Array(5).fill('GET')]);
  });
});

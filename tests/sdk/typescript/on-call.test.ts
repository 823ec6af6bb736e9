import { describe, expect, it } from 'vitest';
import { createFleetcastClient } from '../../../sdk/typescript/client.ts';
import { scriptedServer } from './server.ts';

describe('what an on-call asks', () => {
  it('goes to the paths of the API, with bodies and filters as it spells them', async () => {
    await using server = await scriptedServer(({ method }) => ({
      body: method === 'GET' ? { items: [{ id: 'x' }], nextCursor: null } : {},
    }));
    const fleetcast = createFleetcastClient({ url: server.url });
    expect(await fleetcast.incidents({ open: true, severity: 'critical', from: 0 })).toEqual([{ id: 'x' }]);
    await fleetcast.incident('i/1');
    await fleetcast.acknowledgeIncident('i', 'looking');
    await fleetcast.resolveIncident('i');
    await fleetcast.anomaly('a');
    await fleetcast.levelShifts({ agent: 'a', from: 0 });
    await fleetcast.giveFeedback('a', { verdict: 'false_alarm', reason: 'load test' });
    await fleetcast.feedback({ series: '12' });
    await fleetcast.withdrawFeedback('f');
    await fleetcast.stuckTasks({ kind: 'build' });
    await fleetcast.backtestDetector({ selector: { metric: 'm' }, from: 0, to: 60_000 });
    expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /v1/incidents?limit=1000&open=true&severity=critical&from=1970-01-01T00%3A00%3A00.000Z',
      'GET /v1/incidents/i%2F1',
      'POST /v1/incidents/i/acknowledge',
      'POST /v1/incidents/i/resolve',
      'GET /v1/anomalies/a',
      'GET /v1/level-shifts?limit=1000&agent=a&from=1970-01-01T00%3A00%3A00.000Z',
      'POST /v1/anomalies/a/feedback',
      'GET /v1/feedback?limit=1000&series=12',
      'DELETE /v1/feedback/f',
      'GET /v1/tasks/stuck?limit=1000&kind=build',
      'POST /v1/detectors/backtest',
    ]);
    expect([2, 6, 10].map((i) => JSON.parse(server.received[i]!.body))).toEqual([
      { note: 'looking' },
      { verdict: 'false_alarm', reason: 'load test' },
      { selector: { metric: 'm' }, from: '1970-01-01T00:00:00.000Z', to: '1970-01-01T00:01:00.000Z' },
    ]);
  });
});

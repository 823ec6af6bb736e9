import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anomaliesTable, scoresTable } from '../../store/tables.ts';
import { runWindow } from '../analytics/workbench.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

const minute = 60_000;
const now = new Date(Math.floor(Date.now() / minute) * minute);
const ago = (minutes: number) => now.getTime() - minutes * minute;
const until = Math.floor(now.getTime() / 86_400_000) + 400;

interface Incident {
  id: string;
  status: string;
  agents: string[];
  [member: string]: unknown;
}

describe.skipIf(!hasChdb())('incidents', () => {
  let service: TestApp;
  const seriesOf = new Map<string, string>();

  beforeAll(async () => {
    service = await startTestApp({ now: () => now });
    const agents = ['a', 'b', 'c'];
    await service.post(
      '/v1/heartbeats',
      agents.map((agent) => ({ agent, type: `type-${agent}`, time: ago(1) })),
    );
    await service.post(
      '/v1/samples',
      agents.map((agent) => ({ metric: 'cpu_ratio', value: 1, agent, time: ago(1) })),
    );
    const { items } = await service.get<{ items: { id: string; labels: { agent: string } }[] }>(
      '/v1/series?metric=cpu_ratio',
    );
    for (const { id, labels } of items) seriesOf.set(labels.agent, id);
    await insertAnomaly('a', 2000, 1990);
    await insertAnomaly('a', 60, null);
    await insertAnomaly('b', 30, 20);
    await insertAnomaly('c', 5, null, { maturity: 0.2 });
    await group();
  });
  afterAll(() => service?.close());

  async function insertAnomaly(agent: string, start: number, end: number | null, rest: { maturity?: number } = {}) {
    const series_id = seriesOf.get(agent)!;
    const band = { expected: 1, lower: 0, upper: 2, maturity: 1, ...rest };
    const id = `${series_id}-${start}`;
    const key = { tenant: 'default', series_id, detector: 'seasonal-band', until };
    await service.telemetry.insert(anomaliesTable, [
      {
        ...{
          ...key,
          ...band,
          anomaly_id: id,
          started_at: ago(start),
          ended_at: end === null ? null : ago(end),
          peak_at: ago(start),
        },
        ...{ peak_score: 4, peak_value: 9, reason: 'is above', as_of: ago(0), withdrawn: 0, held_back_by: '' },
      },
    ]);
    const scores = [start + 1, start].map((at) => ({
      ...key,
      ...band,
      time: ago(at),
      value: 9,
      score: at === start ? 4 : 0.1,
    }));
    await service.telemetry.insert(scoresTable, scores);
    return id;
  }

  async function group() {
    const job = service.jobs.find(({ id }) => id === 'incidents')!;
    await runWindow(job, ago(2100), ago(0), { retainFromDay: until - 400 });
  }

  const list = async (query = '') => (await service.get<{ items: Incident[] }>(`/v1/incidents?${query}`)).items;
  const act = (id: string, action: string, body: object = {}) => service.post(`/v1/incidents/${id}/${action}`, body);

  test('are listed newest first, with who, what, how bad and the suspects', async () => {
    const items = await list();
    expect(items.map(({ agents, status, severity }) => [agents[0], status, severity])).toEqual([
      ['c', 'open', 'info'],
      ['b', 'ended', 'warning'],
      ['a', 'open', 'warning'],
      ['a', 'ended', 'warning'],
    ]);
    expect(items[2]).toMatchObject({
      title: 'a: cpu_ratio is above',
      cause: 'anomalies',
      suspects: [{ component: 'a', score: 1 }],
    });
  });

  test.each([
    ['open=true', ['c', 'a']],
    ['open=false', ['b', 'a']],
    ['severity=info', ['c']],
    ['agent=b', ['b']],
    ['type=type-a', ['a', 'a']],
    ['metric=other', []],
    ['cause=silence', []],
    [`from=${ago(40)}`, ['c', 'b', 'a']],
    [`to=${ago(40)}`, ['a', 'a']],
  ])('are filtered by %s', async (query, expected) => {
    expect((await list(query)).map(({ agents }) => agents[0])).toEqual(expected);
  });

  test('in pages of one give each once', async () => {
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: Incident[]; nextCursor: string | null } = await service.get(
        `/v1/incidents?limit=1${cursor && `&cursor=${cursor}`}`,
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual((await list()).map(({ id }) => id));
  });

  test('have a page with their findings and with similar ones before them', async () => {
    const [newer, older] = await list('type=type-a');
    const detail = await service.get(`/v1/incidents/${newer!.id}`);
    expect(detail).toMatchObject({
      findings: [{ kind: 'anomaly', agent: 'a', metric: 'cpu_ratio', endedAt: null }],
      similar: [{ id: older!.id, similarity: 1 }],
      actions: [],
    });
  });

  test('an anomaly has the points and the band around it, and names its incident', async () => {
    const [newer] = await list('type=type-a');
    const detail = await service.get(`/v1/anomalies/${seriesOf.get('a')}-60`);
    expect(detail).toMatchObject({
      band: { stepSeconds: 60, times: [ago(61), ago(60)], values: [9, 9], expected: [1, 1], upper: [2, 2] },
      incidents: [{ id: newer!.id, title: newer!.title }],
    });
  });

  test('are acknowledged and resolved by people, which is recorded, and what comes after is another incident', async () => {
    const [, open] = await list('open=true');
    const acknowledged = await act(open!.id, 'acknowledge', { note: 'looking' });
    expect(await acknowledged.json()).toMatchObject({ id: open!.id, status: 'acknowledged' });
    const resolved = await act(open!.id, 'resolve', { note: 'disk replaced' });
    expect(await resolved.json()).toMatchObject({ status: 'resolved' });
    expect((await list('open=true')).map(({ agents }) => agents[0])).toEqual(['c']);
    expect(await service.get(`/v1/incidents/${open!.id}`)).toMatchObject({
      status: 'resolved',
      actions: [
        { action: 'acknowledged', note: 'looking' },
        { action: 'resolved', note: 'disk replaced' },
      ],
    });
    const { items } = await service.get<{ items: { action: string; target: string }[] }>('/v1/audit');
    expect(
      items
        .filter(({ target }) => target === open!.id)
        .map(({ action }) => action)
        .sort(),
    ).toEqual(['incident.acknowledged', 'incident.resolved']);
    await insertAnomaly('a', -1, null);
    const job = service.jobs.find(({ id }) => id === 'incidents')!;
    await runWindow(job, ago(0), ago(-5), { retainFromDay: until - 400 });
    expect((await list('type=type-a')).map(({ status }) => status)).toEqual(['open', 'resolved', 'ended']);
  });

  test('that do not exist, notes that are none and keys that may only read are refused', async () => {
    await expectProblem(await service.request('/v1/incidents/none'), 404);
    await expectProblem(await act('none', 'resolve'), 404);
    const [any] = await list();
    await expectProblem(await act(any!.id, 'resolve', { note: 1 }), 400);
  });
});

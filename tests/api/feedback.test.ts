import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { recallMarks } from '../../analytics/held-back.ts';
import { movedDetector } from '../../analytics/moved-thresholds.ts';
import { anomaliesTable, scoresTable } from '../../store/tables.ts';
import { runWindow } from '../analytics/workbench.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

const hour = 3_600_000;
const now = new Date(Math.floor(Date.now() / hour) * hour);
const ago = (hours: number) => now.getTime() - hours * hour;
const until = Math.floor(now.getTime() / 86_400_000) + 400;

interface Effect {
  gone: { id: string }[];
  stayed: { id: string }[];
  back: { id: string }[];
  thresholdFactor: number;
}

describe.skipIf(!hasChdb())('feedback', () => {
  let service: TestApp;
  let series: string;
  let round = 0;

  beforeAll(async () => {
    service = await startTestApp({ now: () => now });
  });
  afterAll(() => service?.close());

  /** A series of its own with a run of alarms of this month: three small ones and a big one above, one below, one long ago. */
  beforeEach(async () => {
    round++;
    const agent = `agent-${round}`;
    await service.post('/v1/samples', { metric: 'cpu_ratio', value: 1, agent, time: ago(1) });
    const { items } = await service.get<{ items: { id: string }[] }>(`/v1/series?agent=${agent}`);
    series = items[0]!.id;
    const rows = [row('small', 0.2), row('earlier', 50), row('earliest', 500), row('big', 100, { peak_score: 9 })];
    await service.telemetry.insert(anomaliesTable, [
      ...rows,
      row('below', 200, { peak_value: 0 }),
      row('old', 24 * 40),
    ]);
  });

  function row(name: string, start: number, rest: { peak_score?: number; peak_value?: number } = {}) {
    return {
      ...{
        tenant: 'default',
        anomaly_id: `${series}-${name}`,
        series_id: series,
        detector: 'seasonal-band',
        started_at: ago(start),
      },
      ...{
        ended_at: ago(start - 0.1),
        peak_at: ago(start),
        peak_score: 2,
        peak_value: 9,
        expected: 5,
        lower: 4,
        upper: 6,
      },
      ...{ maturity: 1, reason: 'is above', as_of: ago(start - 0.1), until, withdrawn: 0, held_back_by: '', ...rest },
    };
  }

  const names = (rows: { id: string }[]) => rows.map(({ id }) => id.slice(series.length + 1)).sort();
  const told = async () =>
    names((await service.get<{ items: { id: string }[] }>(`/v1/anomalies?series=${series}`)).items);
  async function say(name: string, verdict: string, rest: object = {}) {
    const response = await service.post(`/v1/anomalies/${series}-${name}/feedback`, { verdict, ...rest });
    expect(response.status).toBe(201);
    return (await response.json()) as { feedback: { id: string; author: string }; effect: Effect };
  }

  test('that an anomaly was a false alarm holds back similar ones, and says what it does to the last thirty days', async () => {
    const { feedback, effect } = await say('small', 'false_alarm', { reason: 'load test', author: 'kim' });
    expect(feedback).toMatchObject({
      anomalyId: `${series}-small`,
      verdict: 'false_alarm',
      reason: 'load test',
      author: 'kim',
    });
    // The one below is another matter, but not beyond the threshold any more.
    expect(names(effect.gone)).toEqual(['below', 'earlier', 'earliest', 'small']);
    expect(names(effect.stayed)).toEqual(['big']);
    expect(effect).toMatchObject({ thresholdFactorBefore: 1, thresholdFactor: 2.04 });
    expect(await told()).toEqual(['big', 'old']);
    const heldBack = await service.get<{ items: object[] }>(`/v1/anomalies?series=${series}&heldBack=true`);
    expect(heldBack.items).toHaveLength(4);
    expect(heldBack.items[0]).toMatchObject({ heldBackBy: feedback.id });
    expect(await service.get(`/v1/anomalies/${series}-earlier`)).toMatchObject({ heldBackFor: feedback });
    expect(await service.get(`/v1/anomalies/${series}-big`)).toMatchObject({ heldBackFor: null });
  });

  test('is taken back without a trace but in the audit log', async () => {
    const before = await told();
    const { feedback } = await say('small', 'false_alarm');
    const response = await service.request(`/v1/feedback/${feedback.id}`, { method: 'DELETE' });
    const effect = (await response.json()) as Effect;
    expect(names(effect.back)).toEqual(['below', 'earlier', 'earliest', 'small']);
    expect(effect).toMatchObject({ thresholdFactorBefore: 2.04, thresholdFactor: 1 });
    expect(await told()).toEqual(before);
    expect((await service.get<{ items: object[] }>(`/v1/feedback?series=${series}`)).items).toEqual([]);
    const { items } = await service.get<{ items: { action: string; target: string }[] }>('/v1/audit');
    const actions = items.filter(({ target }) => target === `${series}-small`).map(({ action }) => action);
    expect(actions.sort()).toEqual(['feedback.given', 'feedback.withdrawn']);
    await expectProblem(await service.request(`/v1/feedback/${feedback.id}`, { method: 'DELETE' }), 404);
  });

  test('that one was real outweighs that another was none', async () => {
    await say('small', 'false_alarm');
    const { effect } = await say('earlier', 'real');
    expect(names(effect.back)).toEqual(['below', 'earlier', 'earliest', 'small']);
    expect(effect.thresholdFactor).toBe(1.6);
  });

  test('an anomaly that only a lowered threshold tells has a band as narrow', async () => {
    const found = { ...row('found', 0.3), detector: movedDetector };
    await service.telemetry.insert(anomaliesTable, [row('faint', 300, { peak_score: 1.1 }), found]);
    const band = { value: 5.9, score: 0.9, expected: 5, lower: 4, upper: 6, maturity: 1, until };
    const key = { tenant: 'default', series_id: series, detector: 'composite' };
    await service.telemetry.insert(scoresTable, [{ ...key, ...band, time: ago(0.3) }]);
    const { effect } = await say('faint', 'real');
    expect(effect.thresholdFactor).toBeCloseTo(0.88, 10);
    const bandOf = async (name: string) =>
      (await service.get<{ band: { lower: number[]; upper: number[] } }>(`/v1/anomalies/${series}-${name}`)).band;
    expect(await bandOf('found')).toMatchObject({ lower: [expect.closeTo(4.12)], upper: [expect.closeTo(5.88)] });
    expect(await bandOf('small')).toMatchObject({ lower: [4], upper: [6] });
  });

  test('that one was expected holds back those at its time of the week', async () => {
    const { effect } = await say('small', 'expected', { reason: 'weekly backup' });
    expect(names(effect.gone)).toEqual(['small']);
  });

  test('is heard by the detect job and by the incidents', async () => {
    const job = service.jobs.find(({ id }) => id === 'incidents')!;
    const group = () => runWindow(job, ago(2), ago(0), { retainFromDay: until - 400 });
    await group();
    const open = async () =>
      (await service.get<{ items: object[] }>(`/v1/incidents?agent=agent-${round}`)).items.length;
    expect(await open()).toBe(1);
    const { feedback } = await say('small', 'false_alarm');
    await group();
    expect(await open()).toBe(0);
    const { mark } = await recallMarks(service, 'default');
    expect(mark(row('next', 0)).held_back_by).toBe(feedback.id);
    expect(mark(row('next', 0, { peak_score: 4 })).held_back_by).toBe('');
  });

  test('of what is not there, of no known verdict, or without a verdict is refused', async () => {
    const post = (id: string, body: object) => service.post(`/v1/anomalies/${id}/feedback`, body);
    await expectProblem(await post('none', { verdict: 'real' }), 404);
    await expectProblem(await post(`${series}-small`, { verdict: 'maybe' }), 400);
    await expectProblem(await post(`${series}-small`, {}), 400);
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { anomaliesTable } from '../../store/tables.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type LanguageServer, startLanguageServer } from '../support/language-server.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

describe.skipIf(!hasChdb())('POST /v1/anomalies/{id}/explanation', () => {
  let language: LanguageServer;
  let service: TestApp;

  beforeAll(async () => {
    language = await startLanguageServer();
    const env = {
      FLEETCAST_LANGUAGE_PROVIDER: 'ollama',
      FLEETCAST_LANGUAGE_URL: language.url,
      FLEETCAST_LANGUAGE_MODEL: 'small',
      FLEETCAST_LANGUAGE_TIMEOUT_SECONDS: '1',
    };
    service = await startTestApp({ env });
    const now = Date.now();
    await service.post('/v1/samples', { metric: 'queue_depth', value: 90, agent: 'a', time: now - 60_000 });
    const { items } = await service.get<{ items: { id: string }[] }>('/v1/series?metric=queue_depth');
    await service.telemetry.insert(anomaliesTable, [
      {
        tenant: 'default',
        anomaly_id: 'one',
        series_id: items[0]!.id,
        detector: 'seasonal-band',
        started_at: now - 60_000,
        ended_at: null,
        peak_at: now - 60_000,
        peak_score: 4,
        peak_value: 90,
        expected: 10,
        lower: 5,
        upper: 15,
        maturity: 1,
        reason: 'above the band',
        withdrawn: 0,
        held_back_by: '',
        as_of: now,
        until: 40_000,
      },
    ]);
  });
  afterAll(async () => {
    await service?.close();
    await language?.close();
  });

  const explain = (id: string) => service.request(`/v1/anomalies/${id}/explanation`, { method: 'POST' });

  test('gives the words of the model, which was told the facts', async () => {
    language.behave({ kind: 'answer', text: 'The queue is nine times as long as usual.' });
    const response = await explain('one');
    expect([response.status, await response.json()]).toEqual([
      200,
      { text: 'The queue is nine times as long as usual.', model: 'small' },
    ]);
    expect(JSON.stringify(language.requests.at(-1)!.body)).toMatch(/queue_depth.*above the band/);
  });

  test('answers 503 with Retry-After while the model does not answer, says so in /status, and recovers', async () => {
    language.behave({ kind: 'hang' });
    const response = await explain('one');
    expect(response.headers.get('retry-after')).toBe('30');
    await expectProblem(response, 503);
    expect(await service.get('/status')).toMatchObject({ degradations: [{ component: 'language' }] });
    language.behave({ kind: 'answer', text: 'All is well.' });
    expect((await explain('one')).status).toBe(200);
    expect(await service.get('/status')).toMatchObject({ degradations: [] });
  });

  test('for an anomaly that does not exist answers 404, and asks no model', async () => {
    const before = language.requests.length;
    await expectProblem(await explain('none'), 404);
    expect(language.requests).toHaveLength(before);
  });
});

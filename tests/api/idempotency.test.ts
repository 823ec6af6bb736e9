import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';
import { countHeartbeats } from '../support/stored-rows.ts';

const day = 86_400_000;

describe.skipIf(!hasChdb())('a POST with an Idempotency-Key', () => {
  let service: TestApp;
  let offset = 0;
  const now = () => new Date(Date.now() + offset);

  beforeAll(async () => {
    service = await startTestApp({ now });
  });
  afterAll(() => service?.close());

  const send = (key: string, body: unknown) => service.post('/v1/heartbeats', body, { 'idempotency-key': key });
  async function storedOf(agent: string): Promise<number> {
    await service.writer.caughtUp(10_000);
    return (await countHeartbeats(service.telemetry)).get(agent) ?? 0;
  }

  test('is done once, and answered alike each time, though its records have no time of their own', async () => {
    const first = await send('once', { agent: 'once' });
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([200, null]);
    const second = await send('once', { agent: 'once' });
    expect([second.status, second.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
    expect(await second.json()).toEqual(await first.json());
    expect(await storedOf('once')).toBe(1);
  });

  test('of which some records are refused is answered 422 each time', async () => {
    const body = [{ agent: 'partly' }, {}];
    const [first, second] = [await send('partly', body), await send('partly', body)];
    expect([first.status, second.status]).toEqual([422, 422]);
    expect(await second.json()).toEqual(await first.json());
    expect(await storedOf('partly')).toBe(1);
  });

  test('is refused with 422 when the key came with another body or to another path', async () => {
    await send('other', { agent: 'other' });
    await expectProblem(await send('other', { agent: 'another' }), 422);
    const elsewhere = service.post('/v1/samples', { agent: 'other' }, { 'idempotency-key': 'other' });
    await expectProblem(await elsewhere, 422);
    expect(await storedOf('another')).toBe(0);
  });

  test('sent many times at once is done once: the others get its answer, or 409 and Retry-After', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => send('race', { agent: 'race' })));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
    expect(statuses.every((status) => status === 200 || status === 409)).toBe(true);
    for (const answer of answers.filter(({ status }) => status === 409)) {
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    expect(await storedOf('race')).toBe(1);
  });

  test('that was cut off by the end of its process is done again as of the time when it came first', async () => {
    await send('cut', { agent: 'cut' });
    await service.state.db.updateTable('idempotency_keys').set({ status: 0 }).where('key', '=', 'cut').execute();
    await expectProblem(await send('cut', { agent: 'cut' }), 409);
    offset = 61_000;
    expect((await send('cut', { agent: 'cut' })).status).toBe(200);
    offset = 0;
    expect(await storedOf('cut')).toBe(1);
  });

  test('is forgotten after 24 hours', async () => {
    await send('old', { agent: 'old' });
    offset = day + 1000;
    const again = await send('old', { agent: 'old' });
    offset = 0;
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, null]);
  });

  test('which is no key is refused', async () => {
    await expectProblem(await send('with a space', { agent: 'x' }), 400);
    await expectProblem(await send('k'.repeat(256), { agent: 'x' }), 400);
  });
});

import { describe, expect, test } from 'vitest';
import { createOnDemand } from '../../api/on-demand.ts';
import { createModelPool } from '../../models/pool.ts';
import { toSeries } from '../models/synthetic.ts';

const series = [toSeries(Array.from({ length: 200 }, (_, i) => 10 + (i % 24)))];
const neverEnding = { series, options: { contextLength: 48, steps: 1_000_000 } };

describe('work that a request waits for', () => {
  test('is refused beyond so many requests at a time, and taken again when one has ended', async () => {
    const onDemand = createOnDemand({ maxRequests: 1, timeoutSeconds: 60 });
    const { signal } = new AbortController();
    const gate = Promise.withResolvers<string>();
    const first = onDemand(signal, () => gate.promise);
    const refusal = { code: 'unavailable', retryAfterSeconds: 5 };
    await expect(onDemand(signal, async () => 'second')).rejects.toMatchObject(refusal);
    gate.resolve('first');
    expect(await first).toBe('first');
    expect(await onDemand(signal, async () => 'third')).toBe('third');
  });

  test('ends with its client, and after its time; the threads go on with the next', async () => {
    const pool = createModelPool({ threads: 1, maxMemoryMb: 512, taskTimeoutSeconds: 60 });
    const client = new AbortController();
    const patient = createOnDemand({ maxRequests: 8, timeoutSeconds: 60 });
    const given = patient(client.signal, (signal) =>
      pool.trainSeasonalMlp(neverEnding, { signal, onProgress: () => client.abort() }),
    );
    await expect(given).rejects.toMatchObject({ code: 'unavailable', message: 'the computation was given up' });
    const hasty = createOnDemand({ maxRequests: 8, timeoutSeconds: 0.2 });
    const late = hasty(new AbortController().signal, (signal) => pool.trainSeasonalMlp(neverEnding, { signal }));
    await expect(late).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(/too long/) });
    expect(await pool.findBackend({ only: 'cpu' })).toBe('cpu');
    await pool.close();
  });

  test('that fails by a fault of ours is no 503', async () => {
    const onDemand = createOnDemand({ maxRequests: 8, timeoutSeconds: 60 });
    const broken = onDemand(new AbortController().signal, async () => {
      throw new TypeError('broken');
    });
    await expect(broken).rejects.toThrow(TypeError);
  });
});

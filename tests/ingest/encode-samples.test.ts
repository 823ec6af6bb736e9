import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { encodeSamples } from '../../ingest/encode-samples.ts';
import type { Sender } from '../../ingest/native.ts';
import { retention } from '../../ingest/native-rows.ts';
import { createKeyHash, naturalKeys } from '../../ingest/row-key.ts';
import { Series, type SeriesKind } from '../../ingest/series-book.ts';
import { defineQuery } from '../../store/query.ts';
import { startTelemetry, telemetryTargets } from '../store/targets.ts';

/** So far ahead that nothing is old enough to be dropped while it is looked at. */
const now = Date.UTC(2100, 0, 31, 12);
const tenant = 'a\ttenant of ümlauts';
const sender: Sender = { tenant, rawRetentionDays: 90, rollupRetentionDays: 400, backfill: false };
const kinds: SeriesKind[] = ['gauge', 'counter', 'distribution'];
const known = kinds.map((kind, i) => new Series(tenant, { metric: `m${i}`, labels: {} }, kind, ''));
const sampleArbitrary = fc.tuple(
  fc.nat(2),
  fc.integer({ min: now - 40 * 86_400_000, max: now + 600_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const allRows = defineQuery({
  name: 'test_all_rows',
  sql: `SELECT tenant, toString(series_id) AS series_id, toUnixTimestamp64Milli(time) AS time, reinterpretAsUInt64(value) AS bits,
    toString(aggregation) AS aggregation, toUInt16(raw_until) AS raw_until, toUInt16(rollup_until) AS rollup_until FROM samples`,
  params: z.object({}),
  row: z.object({
    ...{ tenant: z.string(), series_id: z.string(), time: z.coerce.number(), bits: z.string() },
    ...{ aggregation: z.string(), raw_until: z.number(), rollup_until: z.number() },
  }),
});

function encode(samples: readonly (readonly [number, number, number])[]) {
  const series = samples.map(([i]) => known[i]!);
  const times = samples.map(([, at]) => at);
  const values = samples.map(([, , value]) => value);
  return encodeSamples({ series, times, values }, sender, now, createKeyHash(1, 2));
}

function rowOf([i, at, value]: readonly [number, number, number]) {
  const { series_id, aggregation } = known[i]!.row;
  return { tenant, series_id, time: at, value, aggregation, ...retention(sender, at, now) };
}

function bitsOf(value: number): string {
  return new BigUint64Array(Float64Array.of(value).buffer)[0]!.toString();
}

function byPlace(a: { series_id: string; time: number }, b: { series_id: string; time: number }): number {
  return a.series_id === b.series_id ? a.time - b.time : a.series_id < b.series_id ? -1 : 1;
}

describe('samples as bytes', () => {
  test('have the keys that their rows have, so that a record is known again whichever way it comes', async () => {
    const hash = createKeyHash(1, 2);
    await fc.assert(
      fc.asyncProperty(fc.array(sampleArbitrary, { maxLength: 20 }), async (samples) => {
        const block = await encode(samples);
        const keys = samples.flatMap((sample) => {
          hash.begin();
          naturalKeys.samples!(hash, rowOf(sample) as never);
          const { high, low } = hash.end();
          return [high, low];
        });
        expect([...block.keys]).toEqual(keys);
        expect(block.rows).toBe(samples.length);
      }),
    );
  });
});

describe.each(telemetryTargets)('samples as bytes, over $name', (target) => {
  test.skipIf(!target.isAvailable)('are read by ClickHouse as the rows that they are, to the last bit', async () => {
    const { store, stop } = await startTelemetry(target);
    try {
      const samples = fc.sample(sampleArbitrary, { numRuns: 300, seed: 7 });
      const distinct = [...new Map(samples.map((sample) => [`${sample[0]} ${sample[1]}`, sample])).values()];
      const { bytes, ...block } = await encode(distinct);
      await store.insertBlock({ ...block, chunks: [bytes] }, { token: 'some-token' });
      const expected = distinct.map(rowOf).map(({ value, ...row }) => ({ ...row, bits: bitsOf(value) }));
      expect((await store.query(allRows, {})).sort(byPlace)).toEqual(expected.sort(byPlace));
    } finally {
      await stop();
    }
  });
});

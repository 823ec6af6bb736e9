import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeSamples, writeNumber } from '../../ingest/encode-samples.ts';
import type { Sender } from '../../ingest/native.ts';
import { retention } from '../../ingest/native-rows.ts';
import { createKeyHash } from '../../ingest/row-key.ts';
import { Series, type SeriesKind } from '../../ingest/series-book.ts';
import { encodeRows } from '../../store/table.ts';
import { samplesTable } from '../../store/tables.ts';

const now = Date.UTC(2026, 0, 31, 12);

describe('samples as bytes', () => {
  test('are the rows that the general encoder writes, read back to the last bit', async () => {
    const tenant = 'a\ttenant of ümlauts';
    const sender: Sender = { tenant, rawRetentionDays: 90, rollupRetentionDays: 400, backfill: false };
    const kinds: SeriesKind[] = ['gauge', 'counter', 'distribution'];
    const known = kinds.map((kind, i) => new Series(tenant, { metric: `m${i}`, labels: {} }, kind, ''));
    const time = fc.integer({ min: Date.UTC(1980), max: now + 600_000 });
    const sample = fc.tuple(fc.nat(2), time, fc.double({ noNaN: true, noDefaultInfinity: true }));
    await fc.assert(
      fc.asyncProperty(fc.array(sample, { maxLength: 20 }), async (samples) => {
        const series = samples.map(([i]) => known[i]!);
        const times = samples.map(([, at]) => at);
        const values = samples.map(([, , value]) => value);
        const block = await encodeSamples({ series, times, values }, sender, now, createKeyHash(1, 2));
        const rows = samples.map(([i, at, value]) => {
          const { series_id, aggregation } = known[i]!.row;
          return { tenant, series_id, time: at, value, aggregation, ...retention(sender, at, now) };
        });
        const fields = (text: string) =>
          text.split('\n').map((line) => line.split('\t').map((field, i) => (i === 3 ? Number(field) : field)));
        expect(fields(block.bytes.toString())).toEqual(fields(encodeRows(samplesTable, rows)));
        expect([block.rows, block.keys.length]).toEqual([samples.length, 2 * samples.length]);
      }),
    );
  });

  test('have numbers that are read back to the last bit, whichever way they are written', () => {
    const bytes = Buffer.alloc(64);
    const decimal = fc.tuple(fc.integer(), fc.nat(4)).map(([digits, places]) => digits / 10 ** places);
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true }), fc.integer(), decimal), (value) => {
        const text = bytes.toString('latin1', 0, writeNumber(bytes, 0, value));
        expect(Number(text.replace('inf', 'Infinity'))).toBe(value === 0 ? 0 : value);
      }),
    );
    expect(bytes.toString('latin1', 0, writeNumber(bytes, 0, -12.05))).toBe('-12.050');
  });
});

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineQuery } from '../../store/query.ts';
import { seriesId } from '../../store/series-id.ts';
import { defineTable } from '../../store/table.ts';
import { labels, text } from './arbitraries.ts';
import { farDay, mondayMs } from './rows.ts';
import { newTenant, startTelemetry, type TestTelemetry, telemetryEngines } from './targets.ts';

/** The way in for what ClickHouse derives: it computes the identifier itself. */
const derivedSamples = defineTable('derived_samples', {
  tenant: 'text',
  metric: 'text',
  labels: 'map',
  aggregation: 'text',
  unit: 'text',
  time: 'time',
  value: 'number',
  raw_until: 'date',
  rollup_until: 'date',
});

const derivedIds = defineQuery({
  name: 'derived_ids',
  sql: `SELECT s.tenant AS tenant, toString(any(s.series_id)) AS named, toString(any(p.series_id)) AS sampled
    FROM series AS s INNER JOIN samples AS p ON p.tenant = s.tenant
    WHERE startsWith(s.tenant, {prefix:String}) GROUP BY s.tenant ORDER BY s.tenant`,
  params: z.object({ prefix: z.string() }),
  row: z.object({ tenant: z.string(), named: z.string(), sampled: z.string() }),
});

/** Names and values have no NUL, by which they are kept apart. */
const withoutNul = text.map((value) => value.replaceAll('\0', ''));
const series = fc.record({
  metric: withoutNul,
  labels: labels.map((given) => {
    const entries = Object.entries(given).map(([name, value]) => [name, value.replaceAll('\0', '')] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }),
});

describe('seriesId', () => {
  test('is xxHash64, seed 0, of tenant, NUL and metric (golden value: XXH64 of "a\\0b", worked out from its specification)', () => {
    expect(seriesId('a', 'b', {})).toBe('13050065948656220353');
  });

  test('does not depend on the order in which labels are given', () => {
    expect(seriesId('t', 'm', { b: '2', a: '1', A: '0' })).toBe(seriesId('t', 'm', { A: '0', a: '1', b: '2' }));
  });

  test('tells tenants, metrics, names and values apart, wherever their text is cut', () => {
    const ids = [
      seriesId('ab', 'c', {}),
      seriesId('a', 'bc', {}),
      seriesId('a', 'b', { c: '' }),
      seriesId('a', 'b', { '': 'c' }),
      seriesId('a', 'b', { c: 'd', e: 'f' }),
      seriesId('a', 'b', { c: 'de', f: '' }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe.each(telemetryEngines)('the identifier of a series on $name', ({ isAvailable, ...target }) => {
  describe.skipIf(!isAvailable)('derived by ClickHouse', () => {
    let telemetry: TestTelemetry;
    beforeAll(async () => {
      telemetry = await startTelemetry({ isAvailable, ...target });
    });
    afterAll(() => telemetry?.stop());

    test('is what TypeScript computes, for samples and for names, whatever text they hold', async () => {
      const { store } = telemetry;
      await fc.assert(
        fc.asyncProperty(fc.array(series, { minLength: 50, maxLength: 100 }), async (given) => {
          const prefix = `${newTenant()}/`;
          const rows = given.map((each, i) => ({
            ...each,
            tenant: prefix + String(i).padStart(3, '0'),
            aggregation: 'avg',
            unit: '',
            time: mondayMs,
            value: 1,
            raw_until: farDay,
            rollup_until: farDay,
          }));
          await store.insert(derivedSamples, rows);
          const expected = rows.map(({ tenant, metric, labels }) => {
            const id = seriesId(tenant, metric, labels);
            return { tenant, named: id, sampled: id };
          });
          expect(await store.query(derivedIds, { prefix })).toEqual(expected);
        }),
        { numRuns: 5, endOnFailure: true },
      );
    });
  });
});

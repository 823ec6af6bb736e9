import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Batch, toBatches } from '../../../sdk/typescript/batches.ts';

const record = fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: 'grapheme' }), fc.double({ noNaN: true })));
const limits = fc.record({ maxRecords: fc.integer({ min: 1, max: 5 }), maxBytes: fc.integer({ min: 2, max: 200 }) });

test('batches hold every record once and in order, each within the limits unless one record alone is larger', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(record), limits, async (records, { maxRecords, maxBytes }) => {
      const batches: Batch[] = [];
      for await (const batch of toBatches(records, { maxRecords, maxBytes })) batches.push(batch);
      expect(batches.flatMap(({ body }) => JSON.parse(body))).toEqual(JSON.parse(JSON.stringify(records)));
      let start = 0;
      for (const batch of batches) {
        expect(batch.start).toBe(start);
        expect(batch.count).toBeLessThanOrEqual(maxRecords);
        if (batch.count > 1) expect(Buffer.byteLength(batch.body)).toBeLessThanOrEqual(maxBytes);
        start += batch.count;
      }
    }),
  );
});

test('a stream of records is read only as far as batches are asked for', async () => {
  let read = 0;
  async function* records() {
    for (;;) yield { place: read++ };
  }
  const batches = toBatches(records(), { maxRecords: 3, maxBytes: 1000 });
  await batches.next();
  expect(read).toBeLessThanOrEqual(4);
  await batches.return(undefined);
});

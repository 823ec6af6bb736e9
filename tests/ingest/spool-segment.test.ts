import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Block } from '../../ingest/spool-frame.ts';
import { createSegment, readSegment } from '../../ingest/spool-segment.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const columns = { a: ['tenant', 'x'], b: ['tenant'] };
const block: fc.Arbitrary<Block> = fc
  .record({
    table: fc.constantFrom('a' as const, 'b' as const),
    lines: fc.array(fc.stringMatching(/^[a-z]{0,9}$/), { minLength: 1, maxLength: 5 }),
  })
  .map(({ table, lines }) => ({
    table,
    columns: columns[table],
    rows: lines.length,
    bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')),
    keys: Uint32Array.from(lines.flatMap((line, i) => [line.length, i])),
  }));

const contentOf = (blocks: readonly Block[], table: string) =>
  Buffer.concat(blocks.filter((each) => each.table === table).map(({ bytes }) => bytes)).toString();

test('a segment gives back what was written to it, and cut anywhere gives back whole blocks from its beginning', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(block, { minLength: 1, maxLength: 8 }), fc.nat(), fc.nat(), async (blocks, cut, flip) => {
      using directory = temporaryDirectory();
      const path = join(directory.path, 's.seg');
      const segment = await createSegment(path, directory.path);
      for (const each of blocks) await segment.append([each]);
      await segment.close();
      const read = await readSegment(path);
      expect(read.tornBytes).toBe(0);
      expect(read.id).toBe(segment.content.id);
      for (const { shape, chunks, keys, rows } of read.lanes) {
        const written = blocks.filter(({ table }) => table === shape.table);
        expect(Buffer.concat(chunks).toString()).toBe(contentOf(blocks, shape.table));
        expect(shape.columns).toEqual(written[0]!.columns);
        expect(keys.flatMap((each) => [...each])).toEqual(written.flatMap((each) => [...each.keys]));
        expect(rows).toBe(written.reduce((sum, each) => sum + each.rows, 0));
      }
      const whole = readFileSync(path);
      const broken = Buffer.from(whole.subarray(0, 24 + (cut % (whole.length - 23))));
      if (broken.length > 24) broken[24 + (flip % (broken.length - 24))]! ^= 1;
      writeFileSync(path, broken);
      const partial = await readSegment(path);
      expect(partial.bytes + partial.tornBytes).toBe(broken.length);
      for (const { shape, chunks } of partial.lanes) {
        expect(contentOf(blocks, shape.table).startsWith(Buffer.concat(chunks).toString())).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test('a file that is no segment is torn from its beginning', async () => {
  using directory = temporaryDirectory();
  const path = join(directory.path, 's.seg');
  for (const content of ['', 'FCSPOOL1', 'something else altogether, long enough']) {
    writeFileSync(path, content);
    expect(await readSegment(path)).toMatchObject({ lanes: [], tornBytes: content.length });
  }
});

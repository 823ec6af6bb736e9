import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJsonInTurns } from '../../ingest/json-array.ts';

/** Long enough that the array is cut. */
const padding = ' '.repeat(600_000);

async function outcomeOf(parse: () => unknown): Promise<unknown> {
  try {
    return { value: await parse() };
  } catch (error) {
    return { error: (error as Error).name };
  }
}

describe('parsing a long array in turns', () => {
  test('gives what JSON.parse gives, whatever the elements hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 20 }), fc.nat({ max: 20 }), async (elements, at) => {
        const texts = elements.map((element) => JSON.stringify(element));
        texts.splice(at, 0, `"${'x'.repeat(600_000)}"`, `{"a":[1,"],[",{"b":"\\\\\\"}"}]}`);
        const text = `[${texts.join(',')}]`;
        expect(await parseJsonInTurns(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 50 },
    );
  });

  test('refuses what JSON.parse refuses: a broken text is never taken for a shorter one', async () => {
    const pieces = fc.constantFrom(
      '1',
      ',',
      '[',
      ']',
      '{',
      '}',
      '"a"',
      '"',
      ':',
      '\\',
      'null',
      ' ',
      '{"a":1}',
      '[2]',
      padding,
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 12 }), async (parts) => {
        const text = `[${padding}${parts.join('')}`;
        expect(await outcomeOf(() => parseJsonInTurns(text))).toEqual(await outcomeOf(() => JSON.parse(text)));
      }),
      { numRuns: 300 },
    );
  });

  test('gives way to the event loop between pieces', async () => {
    const text = `[${Array.from({ length: 200_000 }, (_, i) => `{"n":${i}}`).join(',')}]`;
    let turns = 0;
    const count = () => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const parsed = (await parseJsonInTurns(text)) as unknown[];
    clearImmediate(timer);
    expect(parsed).toHaveLength(200_000);
    expect(turns).toBeGreaterThanOrEqual(3);
  });
});

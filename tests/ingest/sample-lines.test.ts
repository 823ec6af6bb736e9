import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SampleLines, SampleLineWalk } from '../../ingest/sample-lines.ts';
import { StorableSeries } from '../../ingest/storable-series.ts';

const series = (metric: string) =>
  new StorableSeries({ tenant: 't', metric, series_id: '1', labels: {}, aggregation: 'avg', unit: '' });

/** Looks for each line in turn, in one request. */
function findAll(lines: SampleLines, texts: readonly string[]) {
  const bytes = Buffer.from(texts.join('\n'));
  const walk = new SampleLineWalk(lines, bytes);
  let start = 0;
  return texts.map((text) => {
    const end = start + Buffer.byteLength(text);
    const found = walk.find(start, end);
    start = end + 1;
    return found && { series: found, time: walk.time, value: walk.value };
  });
}

/** What a line is known as once it was learned, in a request of its own. */
function learned(text: string, of = series('m')): SampleLines {
  const lines = new SampleLines();
  const bytes = Buffer.from(text);
  const walk = new SampleLineWalk(lines, bytes);
  expect(walk.find(0, bytes.length)).toBeUndefined();
  walk.learn(of);
  return lines;
}

const line = (time: unknown, value: unknown, rest = '"metric":"m","labels":{"a":"1"}') =>
  `{${rest},"time":${time},"value":${value}}`;

describe('a line that is spelled like one before', () => {
  test('is of the same series, with the time and the value that stand in it', () => {
    const own = series('m');
    const lines = learned(line(1, 2), own);
    expect(findAll(lines, [line(1_790_000_000_000, -12.5), line(3, 4e-3)])).toEqual([
      { series: own, time: 1_790_000_000_000, value: -12.5 },
      { series: own, time: 3, value: 0.004 },
    ]);
  });

  test('is found in any order of the members and of the lines, and with any space between them', () => {
    const texts = [
      '{"value":1,"metric":"m","time":2}',
      ' { "time" : 2 , "labels" : { "time" : "9", "x" : "}\\"," } , "value" : 1 , "metric" : "m" } \r',
      '{"value":1,"time":2,"agent":"ü"}',
    ];
    for (const text of texts) expect(findAll(learned(text), [text])).toMatchObject([{ time: 2, value: 1 }]);
    const lines = new SampleLines();
    const walk = new SampleLineWalk(lines, Buffer.from(texts.join('\n')));
    let start = 0;
    const known = texts.map((text) => {
      const end = start + Buffer.byteLength(text);
      walk.find(start, end);
      const own = series(text);
      walk.learn(own);
      start = end + 1;
      return own;
    });
    const order = [2, 0, 1, 1, 0, 2];
    const found = findAll(
      lines,
      order.map((i) => texts[i]!),
    );
    expect(found.map((each) => each?.series)).toEqual(order.map((i) => known[i]));
  });

  test.each([
    ['a time as text', line('"2026-01-01T00:00:00Z"', 1)],
    ['no time', '{"metric":"m","value":1}'],
    ['a time that is given twice', line(1, '2,"time":3')],
    ['a value that is given twice', line(1, '2,"value":3')],
    ['an escaped name', '{"metric":"m","t\\u0069me":1,"value":2}'],
    ['a list', '[{"time":1,"value":2}]'],
    ['no JSON', 'time 1 value 2'],
  ])('is left to the parser where it has %s', (_, text) => {
    expect(findAll(learned(text), [text])).toEqual([undefined]);
  });

  test.each(['01', '+1', '1.', '.5', '1e', '0x10', '1_000', 'NaN', 'Infinity', '--1', ''])(
    'is left to the parser where %s stands for a number, which is none of JSON',
    (number) => {
      expect(findAll(learned(line(1, 2)), [line(1, number), line(number, 2)])).toEqual([undefined, undefined]);
    },
  );

  test('has the numbers that JSON.parse reads, to the last bit', () => {
    const texts = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
      fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?$/),
    );
    const lines = learned(line(1, 2));
    fc.assert(
      fc.property(texts, (value) => {
        const [found] = findAll(lines, [line(7, value)]);
        expect(Object.is(found?.value, JSON.parse(value))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('says what its parsed text says, and a text that was changed anywhere is of the series only where it is so', () => {
    const original = '{"metric":"m","labels":{"time":"1","k":"v"},"time":17,"agent":"a","value":-2.5}';
    const lines = learned(original);
    const without = (text: string) => {
      const { time, value, ...rest } = JSON.parse(text);
      return { rest, time, value };
    };
    const bytes = fc.constantFrom(...'{}[]":,0123456789.eE-+ \\\nutmvalkgr', '\u0000', 'é');
    const change = fc.tuple(fc.nat(original.length), fc.nat(2), fc.array(bytes, { maxLength: 3 }));
    let hits = 0;
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        let text = original;
        for (const [at, gone, added] of changes) text = text.slice(0, at) + added.join('') + text.slice(at + gone);
        const [found] = findAll(lines, [text]);
        if (found === undefined) return;
        hits++;
        expect(without(text)).toEqual({ ...without(original), time: found.time, value: found.value });
      }),
      { numRuns: 20_000, seed: 1 },
    );
    expect(hits).toBeGreaterThan(100);
  });
});

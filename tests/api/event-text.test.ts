import fc from 'fast-check';
import { expect, test } from 'vitest';
import { maxHeld, writeEvents } from '../../api/event-text.ts';

const event = (id: string, bytes: number) => ({ event: 'anomaly.opened', data: { id, reason: 'x'.repeat(bytes) } });

test('what fits is written whole, and only its last event has an id', () => {
  const { pieces, isWhole } = writeEvents([event('a', 0), event('b', 0)], new Set(), 'cursor');
  expect(isWhole).toBe(true);
  expect(pieces.join('')).toBe(
    'event: anomaly.opened\ndata: {"id":"a","reason":""}\n\nevent: anomaly.opened\ndata: {"id":"b","reason":""}\nid: cursor\n\n',
  );
});

test('of whatever size, every event is written once over the rounds, little is held, and the id comes last', () => {
  const sizes = fc.array(fc.nat(300_000), { maxLength: 30 });
  fc.assert(
    fc.property(sizes, (all) => {
      const events = all.map((size, i) => event(`${i}`, size));
      const sent = new Set<string>();
      let whole = '';
      for (let isWhole = false; !isWhole; ) {
        const round = writeEvents(events, sent, 'cursor');
        isWhole = round.isWhole;
        const text = round.pieces.join('');
        expect(text.length).toBeLessThan(maxHeld + 301_000);
        expect(isWhole || !text.includes('id: ')).toBe(true);
        for (const key of round.keys) sent.add(key);
        whole += text;
      }
      const ids = [...whole.matchAll(/"id":"(\d+)"/g)].map(([, id]) => Number(id));
      expect(ids).toEqual(all.map((_, i) => i));
      expect(whole.endsWith('id: cursor\n\n')).toBe(all.length > 0);
    }),
    { numRuns: 30 },
  );
});

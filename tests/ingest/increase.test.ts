import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { increaseOf } from '../../ingest/increase.ts';
import { Series } from '../../ingest/series-book.ts';

const counter = () => new Series('t', { metric: 'requests_total', labels: {} }, 'counter', '1');
const increases = (totals: readonly (readonly [time: number, total: number, start?: number])[], aliveSince = 0) => {
  const series = counter();
  return totals.map(([time, total, start = 0]) => increaseOf(series, time, total, start, aliveSince));
};

describe('the increase of a counter', () => {
  test('is the difference to the total before', () => {
    expect(
      increases(
        [
          [1, 10],
          [2, 15],
          [3, 15],
        ],
        100,
      ),
    ).toEqual([undefined, 5, 0]);
  });
  test('after a reset is the whole new total', () => {
    expect(
      increases(
        [
          [1, 10],
          [2, 3],
          [3, 4],
        ],
        100,
      ),
    ).toEqual([undefined, 3, 1]);
  });
  test('after a later start is the whole new total, though it is larger', () => {
    expect(
      increases(
        [
          [11, 10, 10],
          [21, 50, 20],
        ],
        100,
      ),
    ).toEqual([undefined, 50]);
  });
  test('of a total that came late or again is not told, and does not count twice', () => {
    expect(
      increases(
        [
          [1, 10],
          [3, 20],
          [2, 15],
          [3, 20],
          [4, 21],
        ],
        100,
      ),
    ).toEqual([undefined, 10, undefined, undefined, 1]);
  });
  test('of the first total is the total when it began to count after we began to listen', () => {
    expect(increases([[200, 7, 150]], 100)).toEqual([7]);
    expect(increases([[200, 7, 50]], 100)).toEqual([undefined]);
  });
  test('is never negative, and adds up to the last total less the first while nothing is reset', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1000), fc.nat(1_000_000)), { minLength: 1 }), (points) => {
        for (const increase of increases(points, 10_000)) expect(increase ?? 0).toBeGreaterThanOrEqual(0);
        const steady = points.map(([, total], i) => [i, total] as [number, number]).sort((a, b) => a[1] - b[1]);
        const ordered = steady.map(([, total], i) => [i, total] as [number, number]);
        const sum = increases(ordered, 10_000).reduce<number>((all, each) => all + (each ?? 0), 0);
        expect(sum).toBe(ordered.at(-1)![1] - ordered[0]![1]);
      }),
    );
  });
});

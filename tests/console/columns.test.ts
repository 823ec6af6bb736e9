import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breakGaps, extentOf, fillCounts, lastPoint, resample, typicalStepMs } from '../../console/columns.ts';

const points = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { maxLength: 50 }).chain((times) =>
  fc.record({
    times: fc.constant(times.toSorted((a, b) => a - b)),
    values: fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
      minLength: times.length,
      maxLength: times.length,
    }),
  }),
);

describe('gaps', () => {
  test('a line ends before a gap and begins anew after it', () => {
    expect(
      breakGaps(
        {
          times: [0, 1, 9],
          columns: [
            [5, 6, 7],
            [1, 2, 3],
          ],
        },
        2,
      ),
    ).toEqual({
      times: [0, 1, 2, 9],
      columns: [
        [5, 6, null, 7],
        [1, 2, null, 3],
      ],
    });
  });

  test('no value is lost or moved, and times stay ascending', () => {
    fc.assert(
      fc.property(points, fc.integer({ min: 1, max: 50 }), ({ times, values }, maxGap) => {
        const broken = breakGaps({ times, columns: [values] }, maxGap);
        const kept = broken.times.flatMap((time, i) =>
          broken.columns[0]![i] === null ? [] : [[time, broken.columns[0]![i]]],
        );
        expect(kept).toEqual(times.map((time, i) => [time, values[i]]));
        expect(broken.times).toEqual(broken.times.toSorted((a, b) => a - b));
      }),
    );
  });

  test('the typical step is not moved by one long gap', () => {
    expect(typicalStepMs([0, 10, 20, 1000, 1010])).toBe(10);
    expect(typicalStepMs([7])).toBe(0);
  });
});

test('where nothing was counted, the count is 0; the bucket that is not over is left out', () => {
  expect(fillCounts([0, 3, 5], [5, 6, 1], { stepMs: 1, untilMs: 5 })).toEqual({
    times: [0, 1, 2, 3, 4],
    columns: [[5, 0, 0, 6, 0]],
  });
  expect(fillCounts([], [], { stepMs: 1, untilMs: 5 })).toEqual({ times: [], columns: [[]] });
  fc.assert(
    fc.property(points, ({ times, values }) => {
      const filled = fillCounts(times, values, { stepMs: 1, untilMs: 501 });
      expect(filled.times).toHaveLength(times.length === 0 ? 0 : 501 - times[0]!);
      expect(filled.columns[0]!.filter((value) => value !== 0)).toEqual(values.filter((value) => value !== 0));
    }),
  );
});

test('resampling averages each part, and an empty part is null, not 0', () => {
  expect(resample([0, 1, 6, 10], [2, 4, 8, 100], { from: 0, to: 10, count: 5 })).toEqual([3, null, null, 8, null]);
});

test('the last point and the extent pass over what is missing', () => {
  expect(lastPoint([1, 2, 3], [5, 6, null])).toEqual({ time: 2, value: 6 });
  expect(lastPoint([1], [null])).toBeUndefined();
  expect(extentOf([3, null, -1])).toEqual({ low: -1, high: 3 });
  expect(extentOf([null])).toBeUndefined();
});

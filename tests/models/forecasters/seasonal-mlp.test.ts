import { expect, test } from 'vitest';
import { createSeasonalMlp } from '../../../models/forecasters/seasonal-mlp.ts';
import { encodeFloats } from '../../../models/networks/floats.ts';
import type { SeasonalMlpWeights } from '../../../models/networks/seasonal-mlp-weights.ts';
import { ask } from './ask.ts';

const floats = (...values: number[]) => encodeFloats(Float32Array.of(...values));

/**
 * A network by hand: seasons 1 and 2, horizon 2, one unit a layer; it reads the last two values and what came two and
 * four steps before each step ahead. The hidden layers hand on the first value that is read, when it is positive; the
 * median adds it at the first step and the bias of 1 at the second.
 */
const byHand: SeasonalMlpWeights = {
  kind: 'seasonal-mlp',
  seasonLength: 1,
  contextLength: 2,
  horizon: 2,
  hiddenUnits: 1,
  levels: [0.1, 0.5],
  parameters: [
    floats(1, 0, 0, 0, 0, 0),
    floats(0),
    floats(1),
    floats(0),
    floats(9, 9, 1, 0),
    floats(9, 9, 0, 1),
    floats(...new Array<number>(24).fill(0)),
  ],
  trainedOn: { series: 0, steps: 0, batchSize: 0, seed: 0, loss: { first: 0, last: 0 } },
};
const mlp = createSeasonalMlp(byHand);
const close = (value: number) => expect.closeTo(value, 5);

test('is seasonal naive and what the network adds, in scales of the window, by hand', () => {
  // Changes 0, 4 and 2: scale 2, mean of the last two 5; it reads 0.5 first.
  expect([...ask(mlp, [2, 2, 6, 4], 2)!]).toEqual([close(4 + 1), close(4 + 2)]);
  // Changes 4, 0 and 2: scale 2, mean 5; it reads -0.5, and the hidden layers hand on nothing.
  expect([...ask(mlp, [0, 4, 4, 6], 2)!]).toEqual([close(6), close(6 + 2)]);
});

test('reads the last values of a longer history, in any unit', () => {
  expect(ask(mlp, [999, -999, 2, 2, 6, 4], 2)).toEqual(ask(mlp, [2, 2, 6, 4], 2));
  expect([...ask(mlp, [20, 20, 60, 40], 2)!]).toEqual([close(50), close(60)]);
});

test('rolls forward on what it forecast beyond the trained horizon', () => {
  const [one, two] = ask(mlp, [2, 2, 6, 4], 4)!.slice(0, 2);
  expect([...ask(mlp, [2, 2, 6, 4], 4)!.slice(2)]).toEqual([...ask(mlp, [6, 4, one!, two!], 2)!]);
});

test('is seasonal naive where the window repeats itself', () => {
  expect([...ask(mlp, [5, 5, 5, 5], 3)!]).toEqual([5, 5, 5]);
});

test('says nothing while the past is shorter than its window, or has another season', () => {
  expect(ask(mlp, [1, 2, 3], 2)).toBeUndefined();
  expect(ask(mlp, [1, 2, 3, 1, 2, 3], 2, [3])).toBeUndefined();
});

test.each([
  ['too few', floats(1)],
  ['not finite', floats(Number.NaN, 1)],
])('refuses weights that are %s', (_, first) => {
  const parameters = [first, ...byHand.parameters.slice(1)];
  expect(() => createSeasonalMlp({ ...byHand, parameters })).toThrow(RangeError);
});

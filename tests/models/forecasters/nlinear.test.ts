import { expect, test } from 'vitest';
import { createNlinear } from '../../../models/forecasters/nlinear.ts';
import { encodeFloats, type NlinearWeights } from '../../../models/networks/nlinear-weights.ts';
import { ask } from './ask.ts';

/** A network by hand: context 4, horizon 2; the median repeats the first value of the context. */
const byHand: NlinearWeights = {
  kind: 'nlinear',
  contextLength: 4,
  horizon: 2,
  levels: [0.25, 0.5, 0.75],
  kernel: encodeFloats(Float32Array.of(...new Array(6).fill(1), ...new Array(18).fill(0))),
  bias: encodeFloats(Float32Array.of(-1, -1, 0, 0, 1, 1)),
  trainedOn: { series: 0, windows: 0, epochs: 0, seed: 0, loss: { before: 0, after: 0 } },
};
const nlinear = createNlinear(byHand);
const close = (value: number) => expect.closeTo(value, 6);

test('is the linear map of the normalised context, by hand', () => {
  expect([...ask(nlinear, [2, 4, 6, 8], 2)!]).toEqual([close(2), close(2)]);
});

test('reads the last values of a longer history', () => {
  expect(ask(nlinear, [999, -999, 2, 4, 6, 8], 2)).toEqual(ask(nlinear, [2, 4, 6, 8], 2));
});

test('rolls forward on what it forecast beyond the trained horizon', () => {
  expect([...ask(nlinear, [2, 4, 6, 8], 4)!]).toEqual([close(2), close(2), close(6), close(6)]);
});

test('says nothing while the past is shorter than its context', () => {
  expect(ask(nlinear, [1, 2, 3], 2)).toBeUndefined();
});

test.each([
  ['too few', encodeFloats(Float32Array.of(1, 2))],
  ['not finite', encodeFloats(new Float32Array(6).fill(Number.NaN))],
])('refuses weights that are %s', (_, bias) => {
  expect(() => createNlinear({ ...byHand, bias })).toThrow(RangeError);
});

import { decodeFloats } from './floats.ts';
import { inputLength } from './seasonal-windows.ts';

/** What the network reads and says, in steps. */
export interface SeasonalMlpShape {
  /** The season of the forecast that it corrects, e.g. 24 hours. */
  seasonLength: number;
  /** The longest season, e.g. 168 hours: it reads so many of the last values, and looks back twice as far. */
  contextLength: number;
  /** How many steps it forecasts at once. */
  horizon: number;
  /** The units of each of its two hidden layers. */
  hiddenUnits: number;
  /** The quantile levels of its heads, ascending, 0.5 among them. */
  levels: number[];
}

/** What training leaves behind: plain data that survives a JSON round trip exactly. */
export interface SeasonalMlpWeights extends SeasonalMlpShape {
  kind: 'seasonal-mlp';
  /** The matrices in the order of `parameterShapes`, row-major, as base64 of little-endian float32. */
  parameters: string[];
  trainedOn: SeasonalMlpTraining;
}

/** What a person wants to know of a training, and what repeats it. */
export interface SeasonalMlpTraining {
  series: number;
  steps: number;
  batchSize: number;
  seed: number;
  /** The mean pinball loss, in scales of a window, over the first and over the last tenth of the steps. */
  loss: { first: number; last: number };
}

/** Rows and columns of each matrix: two hidden layers, the head, and the path around them; each with its bias. */
export function parameterShapes(shape: SeasonalMlpShape): [number, number][] {
  const { horizon, hiddenUnits, levels } = shape;
  const inputs = inputLength(shape);
  const outputs = horizon * levels.length;
  return [
    [inputs, hiddenUnits],
    [1, hiddenUnits],
    [hiddenUnits, hiddenUnits],
    [1, hiddenUnits],
    [hiddenUnits, outputs],
    [1, outputs],
    [inputs, outputs],
  ];
}

/** @throws RangeError when the weights do not have the shape that they claim. */
export function decodeParameters(weights: SeasonalMlpWeights): Float32Array[] {
  return parameterShapes(weights).map(([rows, columns], p) =>
    decodeFloats(weights.parameters[p] ?? '', rows * columns),
  );
}

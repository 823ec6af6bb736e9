import type { Frame } from '../../../models/multivariate/frame.ts';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';

export const stepMs = 300_000;
export const rowsPerDay = 86_400_000 / stepMs;

/** A machine with a daily rhythm: load, what follows load, what runs against it, noise, a constant. */
export function machineFrame({ days = 4, seed = 1, startDay = 0 } = {}): Frame {
  const random = seededRandom(seed);
  const rows: number[] = [];
  for (let i = 0; i < days * rowsPerDay; i++) {
    const rhythm = 1 + Math.sin((2 * Math.PI * i) / rowsPerDay);
    const load = 10 * rhythm + random();
    rows.push(load, 3 * load + random(), 100 - 2 * load + random(), 50 + 5 * random(), 7);
  }
  return { startMs: startDay * 86_400_000, stepMs, width: 5, values: Float32Array.from(rows) };
}

/** The frame with `change` made to a copy of some of its rows. */
export function withIncident(
  frame: Frame,
  { from, to, dimension, change }: { from: number; to: number; dimension: number; change: (value: number) => number },
): Frame {
  const values = frame.values.slice();
  for (let i = from; i < to; i++) values[i * frame.width + dimension] = change(values[i * frame.width + dimension]!);
  return { ...frame, values };
}

/** The frame with its dimensions in another order: dimension j of the answer is `order[j]` of the frame. */
export function permute(frame: Frame, order: readonly number[]): Frame {
  const { width } = frame;
  const values = frame.values.map((_, at) => frame.values[at - (at % width) + order[at % width]!]!);
  return { ...frame, values };
}

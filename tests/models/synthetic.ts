import type { Points, RegularSeries } from '../../models/series.ts';
import { seededRandom } from '../../models/statistics/seeded-random.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** A Monday, 00:00 UTC. */
export const mondayMs = Date.UTC(2026, 0, 5);

/** Draws from the standard normal distribution (Box and Muller), the same for the same seed. */
export function gaussian(seed: number): () => number {
  const random = seededRandom(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function toPoints(startMs: number, stepMs: number, count: number, value: (timeMs: number) => number): Points {
  const times = Float64Array.from({ length: count }, (_, i) => startMs + i * stepMs);
  return { times, values: times.map(value) };
}

export function toSeries(values: ArrayLike<number>, stepMs = hourMs): RegularSeries {
  return { startMs: mondayMs, stepMs, values: Float64Array.from(values) };
}

/** A day that swings by 40 % around 100, with normal noise of 5 % of the level. */
export function noisyDay(seed: number): (timeMs: number) => number {
  const noise = gaussian(seed);
  return (timeMs) => (100 + 40 * Math.sin((2 * Math.PI * timeMs) / dayMs)) * (1 + 0.05 * noise());
}

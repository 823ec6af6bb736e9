import { median } from '../statistics/median.ts';
import { type Frame, rowCount } from './frame.ts';

export const dayMs = 86_400_000;
export const slotsPerDay = 48;
/** A slot of the day says something of the dimension when it was seen on so many days. */
const minProfileDays = 3;

/** The median of a dimension of `frame` by half hour of the day; `centre` where too few days were seen. */
export function fitDailyProfile(values: Float64Array, frame: Frame, centre: number): number[] {
  if (rowCount(frame) * frame.stepMs < minProfileDays * dayMs) return new Array<number>(slotsPerDay).fill(centre);
  const slots = Array.from({ length: slotsPerDay }, (): number[] => []);
  for (let i = 0; i < values.length; i++) slots[slotAt(frame, i)]!.push(values[i]!);
  return slots.map((slot) => {
    const middle = median(slot);
    return Number.isFinite(middle) ? middle : centre;
  });
}

/** The half hour of the day to which a row belongs, from 0. */
export function slotAt({ startMs, stepMs }: Frame, row: number): number {
  return Math.floor(timeOfDay(startMs + row * stepMs) / (dayMs / slotsPerDay));
}

/** Milliseconds since midnight, UTC. */
export function timeOfDay(timeMs: number): number {
  return ((timeMs % dayMs) + dayMs) % dayMs;
}

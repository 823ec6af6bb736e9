import { z } from 'zod';

/** A 64-bit integer that fits a number: milliseconds, counts. ClickHouse sends it in quotes. */
export const integer = z.coerce.number();

/** A Float64 column, where ClickHouse sends NaN and the infinities as null. */
export const float = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

export const labels = z.record(z.string(), z.string());

/** SQL for a time parameter: `time('from')` reads the parameter `from`, in Unix milliseconds. */
export function time(parameter: string): string {
  return `fromUnixTimestamp64Milli({${parameter}:Int64}, 'UTC')`;
}

/** SQL for a time column in Unix milliseconds. */
export function milliseconds(column: string): string {
  return `toUnixTimestamp64Milli(toDateTime64(${column}, 3, 'UTC'))`;
}

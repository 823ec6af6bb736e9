import { z } from 'zod';

/** A 64-bit integer: a string of decimal digits, or a number. Beyond 2^53 the nearest number. */
export const integer = z.union([z.number(), z.string().regex(/^-?\d{1,20}$/)]).transform(Number);

/** Unix nanoseconds, to milliseconds. */
export const nanos = integer.transform((value) => Math.round(value / 1e6)).default(0);

/** A double, which may be spelled as a text when it is none. */
export const double = z.union([
  z.number(),
  z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number),
  z
    .string()
    .regex(/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/)
    .transform(Number),
]);

/** Values of attributes are looked at only when they are needed. */
export const attributes = z.array(z.unknown()).default([]);

export const resource = z.object({ attributes }).default({ attributes: [] });

import { z } from '@hono/zod-openapi';

/** A time in an answer. */
export const isoTime = z.string().openapi({ format: 'date-time', example: '2026-01-31T12:00:00.000Z' });

const latestMs = 8.64e15;

/** A time in a question: ISO 8601 with a zone, or Unix milliseconds. Becomes Unix milliseconds. */
export const timeQuery = z
  .union(
    [
      z.number().int().min(0).max(latestMs),
      z
        .string()
        .regex(/^\d{1,16}$/)
        .transform(Number)
        .pipe(z.number().max(latestMs)),
      z.iso
        .datetime({ offset: true })
        .transform((text) => Date.parse(text))
        .pipe(z.number().min(0)),
    ],
    { error: 'expected ISO 8601 with a zone, or Unix milliseconds' },
  )
  .openapi({
    type: 'string',
    example: '2026-01-31T12:00:00Z',
    description: 'ISO 8601 with a zone, or Unix milliseconds.',
  });

/** The identifier of a series: an unsigned 64-bit integer in decimal. */
export const seriesIdValue = z
  .string()
  .refine((text) => /^\d{1,20}$/.test(text) && BigInt(text) < 1n << 64n, 'not an identifier of a series')
  .openapi({ pattern: '^\\d{1,20}$', example: '2838471187422613558' });

export const labelsValue = z.record(z.string(), z.string());

export function toIso(ms: number): string {
  return new Date(ms).toISOString();
}

/** NaN and the infinities have no place in JSON: they are null. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** A finite number in a query. */
export const finiteNumberQuery = z
  .string()
  .regex(/^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i, 'expected a finite number')
  .transform(Number)
  .pipe(z.number({ error: 'expected a finite number' }))
  .openapi({ type: 'number' });

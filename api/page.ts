import { z } from '@hono/zod-openapi';
import { AppError } from '../telemetry/errors.ts';

/** The parameters of every list. */
export const pageQuery = {
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(100)
    .openapi({ description: 'At most so many items, 1 to 1000.' }),
  cursor: z.string().max(2000).optional().openapi({ description: 'The `nextCursor` of the answer before.' }),
};

/** The answer of every list. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().openapi({ description: 'Null at the end.' }),
  });
}

/**
 * Cuts a page out of rows that were asked for with one more than `limit`.
 *
 * @param keyOf the values after which the next page begins.
 */
export function paginate<Row, Item>(
  rows: readonly Row[],
  limit: number,
  keyOf: (row: Row) => (string | number)[],
  toItem: (row: Row) => Item,
) {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  const nextCursor = last === undefined ? null : Buffer.from(JSON.stringify(keyOf(last))).toString('base64url');
  return { items: rows.slice(0, limit).map(toItem), nextCursor };
}

/**
 * The values that a cursor holds, checked against a schema; the fallback where there is no cursor.
 *
 * @throws AppError when the cursor is not one of ours.
 */
export function readCursor<T extends z.ZodType>(
  cursor: string | undefined,
  schema: T,
  fallback: z.output<T>,
): z.output<T> {
  if (cursor === undefined) return fallback;
  try {
    return schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new AppError('invalid_request', 'the cursor is not valid; use the `nextCursor` of the answer before', {
      cause,
      errors: [{ pointer: '/cursor', detail: 'not a cursor of this list' }],
    });
  }
}

import type { z } from '@hono/zod-openapi';
import { timeQuery } from './values.ts';

/** The time that a list is asked for, `[from, to)`; either end may be left out. */
export const rangeQuery = { from: timeQuery.optional(), to: timeQuery.optional() };

/** The same schema, which refuses a `from` that is not before `to` where both are given, and names the field. */
export function inOrder<T extends z.ZodType<{ from?: number | undefined; to?: number | undefined }>>(schema: T): T {
  return schema.refine(({ from, to }) => from === undefined || to === undefined || from < to, {
    path: ['from'],
    error: 'not before `to`',
  });
}

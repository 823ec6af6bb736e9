import { expect, expectTypeOf, test } from 'vitest';
import type { z } from 'zod';
import { heartbeatSchema, type sampleSchema, type taskEventSchema } from '../../../ingest/records.ts';
import type { Heartbeat, Sample, TaskEvent } from '../../../sdk/typescript/records.ts';

/** A record as JSON carries it: a `Date` arrives as text. */
type Sent<T> = { [K in keyof T]: Exclude<T[K], Date> };

test('the records of the client are those that the service takes', () => {
  expectTypeOf<Sent<Heartbeat>>().toEqualTypeOf<z.input<typeof heartbeatSchema>>();
  expectTypeOf<Sent<TaskEvent>>().toEqualTypeOf<z.input<typeof taskEventSchema>>();
  expectTypeOf<Sent<Sample>>().toEqualTypeOf<z.input<typeof sampleSchema>>();
});

test('a Date is sent as a time that the service reads as the same instant', () => {
  const heartbeat: Heartbeat = { agent: 'a', time: new Date(1_767_225_600_123) };
  expect(heartbeatSchema.parse(JSON.parse(JSON.stringify(heartbeat))).time).toBe(1_767_225_600_123);
});

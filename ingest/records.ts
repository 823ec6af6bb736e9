import { z } from 'zod';
import { aggregations } from '../store/tables.ts';
import { identityLimits } from './series-identity.ts';
import { isTraceparent } from './traceparent.ts';

/** Text without control characters: it becomes part of the identity of a series. */
const text = (maxLength: number) =>
  z
    .string()
    .max(maxLength)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
    .regex(/^[^\u0000-\u001f\u007f]*$/, 'control characters are not allowed');

const name = text(200).min(1, 'must not be empty');

/** Unix milliseconds, or ISO 8601 with a zone; the time of receipt when it is left out. */
const time = z
  .union(
    [
      z.number().int().min(-8.64e15).max(8.64e15),
      z.iso.datetime({ offset: true }).transform((value) => Date.parse(value)),
    ],
    {
      error: 'expected Unix milliseconds (an integer) or an ISO 8601 time with a zone, such as "2026-01-31T12:00:00Z"',
    },
  )
  .meta({
    description: 'Unix milliseconds, or ISO 8601 with a zone. Default: the time of receipt.',
    example: '2026-01-31T12:00:00Z',
  });

/** Zod drops the key `__proto__` of a record without a word, so it is looked for before. */
function refusePrototype(value: Record<string, string>, context: z.RefinementCtx): Record<string, string> {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
    context.addIssue({ code: 'custom', path: ['__proto__'], message: 'this label name is not allowed' });
  }
  return value;
}

/** What stands with heartbeats and events names no series, and is bounded more closely than what does. */
export const eventLabelLimits = { count: 32, nameLength: 100, valueLength: 500 } as const;

const labelsUpTo = ({ count, nameLength, valueLength }: Record<keyof typeof eventLabelLimits, number>) =>
  z
    .preprocess(
      refusePrototype,
      z
        .record(
          z
            .string()
            .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name is a letter or _, then letters, digits and _')
            .max(nameLength),
          text(valueLength),
        )
        .refine((value) => Object.keys(value).length <= count, `at most ${count} labels`),
    )
    .meta({ description: `At most ${count} names and values.`, example: { region: 'eu-west-1' } });

const labels = labelsUpTo(eventLabelLimits);
const seriesLabels = labelsUpTo({
  count: identityLimits.labels,
  nameLength: identityLimits.labelNameLength,
  valueLength: identityLimits.labelValueLength,
});

export const heartbeatSchema = z
  .strictObject({
    agent: name.meta({ description: 'Names the agent for as long as it lives.', example: 'worker-17' }),
    type: text(100).default('').meta({ description: 'What kind of agent it is.', example: 'testing' }),
    version: text(100).default('').meta({ example: '1.4.2' }),
    time: time.optional(),
    status: z.enum(['ok', 'degraded', 'stopping']).default('ok'),
    intervalSeconds: z
      .number()
      .min(1)
      .max(3600)
      .default(60)
      .meta({ description: 'The agent promises its next heartbeat within this time.' }),
    labels: labels.default({}),
  })
  .meta({ id: 'Heartbeat', description: 'A sign of life of an agent.' });

export const taskEventStates = ['queued', 'started', 'progressed', 'succeeded', 'failed', 'retried', 'dead'] as const;

export const taskEventSchema = z
  .strictObject({
    eventId: name.optional().meta({
      description:
        'Names the event for ever, so that sending it again is safe. Default: derived from task, state, attempt and time.',
    }),
    task: name.meta({ example: 'task-4711' }),
    kind: name.meta({ description: 'What kind of work the task is.', example: 'run-tests' }),
    state: z.enum(taskEventStates),
    agent: text(200).default('').meta({ description: 'Who has the task; empty while nobody has.' }),
    time: time.optional(),
    durationSeconds: z.number().min(0).optional().meta({ description: 'Of the attempt, with succeeded and failed.' }),
    progressRatio: z.number().min(0).max(1).optional().meta({ description: 'With progressed.' }),
    attempt: z.number().int().min(1).max(10_000).default(1),
    correlationId: text(200).default('').meta({
      description: 'Ties together what belongs together. Default: the header X-Correlation-Id of the request.',
    }),
    traceparent: z.string().refine(isTraceparent, 'expected a traceparent of W3C Trace Context').optional().meta({
      description:
        'The span that the event is part of, kept as the attribute `traceparent`. Default: the header of the request.',
      example: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    }),
    error: z.string().max(4000).default(''),
    attributes: labels.default({}),
  })
  .meta({ id: 'TaskEvent', description: 'A step in the life of a task.' });

export const sampleSchema = z
  .strictObject({
    metric: z
      .string()
      .regex(/^[a-zA-Z_:][a-zA-Z0-9_:.]{0,199}$/, 'a metric name is a letter, _ or :, then letters, digits and _ : .')
      .meta({ description: 'Names what is measured, with its unit last.', example: 'memory_used_bytes' }),
    value: z.number({ error: 'expected a finite number' }),
    time: time.optional(),
    agent: name.optional().meta({ description: 'Short for the label `agent`.' }),
    labels: seriesLabels.default({}),
    unit: text(50).default('').meta({ description: 'UCUM, such as `By`, `s` or `1`.' }),
    aggregation: z
      .enum(aggregations)
      .default('avg')
      .meta({ description: 'How the values of one minute become one: `avg` for a gauge, `sum` for counts of events.' }),
  })
  .refine(({ agent, labels }) => agent === undefined || labels.agent === undefined || labels.agent === agent, {
    path: ['labels', 'agent'],
    error: 'differs from the field `agent`',
  })
  .meta({ id: 'Sample', description: 'A value of a metric at a time.' });

export type Heartbeat = z.output<typeof heartbeatSchema>;
export type TaskEvent = z.output<typeof taskEventSchema>;
export type SampleRecord = z.output<typeof sampleSchema>;

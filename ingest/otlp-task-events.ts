import { createHash } from 'node:crypto';
import { attributeOf } from './otlp-attributes.ts';
import type { OtlpLog } from './otlp-logs.ts';
import type { Resource } from './otlp-resource.ts';
import { eventLabelLimits } from './records.ts';
import { labelNameOf } from './series-identity.ts';
import { traceparentOf } from './traceparent.ts';

/** A task event as the native protocol spells it, to be checked like every other. */
export type NativeEvent = Readonly<Record<string, unknown>>;

interface ToldEvent {
  eventId: string;
  task: string;
  kind: string;
  state: 'succeeded' | 'failed';
  agent: string;
  time: number;
  durationSeconds?: number;
  traceId: string;
  spanId: string;
  error: string;
  /** Name, value, name, value; those without a value are left out. */
  attributes: readonly string[];
}

const maxNameLength = 200;
const maxErrorLength = 4000;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
const controlCharacters = /[\u0000-\u001f\u007f]+/g;

/** Of the first of these attributes that a log record has, the value is the task that it is about. */
const taskAttributes = ['task.id', 'gen_ai.task.id', 'fleetcast.task'];
const kindAttributes = ['task.kind', 'task.type', 'task.name'];

/**
 * Shortens texts to what a task event may have: what is told of an event is worth more than its last words. Its trace is
 * that of the span, not of the request that carries many.
 */
export function nativeEvent({ attributes, traceId, spanId, ...event }: ToldEvent): NativeEvent {
  const traceparent = traceparentOf(traceId, spanId);
  const kept: Record<string, string> = {};
  for (let i = 0; i < attributes.length; i += 2) {
    const value = clean(attributes[i + 1]!, eventLabelLimits.valueLength);
    if (value !== '') kept[labelNameOf(attributes[i]!)] = value;
  }
  return {
    ...event,
    task: clean(event.task, maxNameLength),
    kind: clean(event.kind, maxNameLength),
    agent: clean(event.agent, maxNameLength),
    correlationId: clean(traceId, maxNameLength),
    ...(traceparent !== undefined && { traceparent }),
    error: event.error.slice(0, maxErrorLength),
    attributes: kept,
  };
}

/**
 * The failure of a task that an error in a log tells.
 *
 * @returns undefined of a record that names no task.
 */
export function eventOfLog(log: OtlpLog, { agent }: Resource): NativeEvent | undefined {
  const task = firstOf(log, taskAttributes);
  if (task === undefined) return undefined;
  const { time, body, spanId, traceId } = log;
  const type = attributeOf(log.attributes, 'exception.type') ?? attributeOf(log.attributes, 'error.type') ?? '';
  const message = attributeOf(log.attributes, 'exception.message') ?? body;
  return nativeEvent({
    eventId: createHash('sha256').update([task, agent, time, spanId, body].join('\0')).digest('base64url').slice(0, 22),
    task,
    kind: firstOf(log, kindAttributes) ?? 'log',
    state: 'failed',
    agent,
    time,
    traceId,
    spanId,
    error: message || type,
    attributes: ['error.type', type],
  });
}

function firstOf({ attributes }: OtlpLog, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = attributeOf(attributes, name);
    if (value) return value;
  }
  return undefined;
}

function clean(text: string, maxLength: number): string {
  return text.replace(controlCharacters, ' ').slice(0, maxLength);
}

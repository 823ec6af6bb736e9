import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../telemetry/errors.ts';
import { parseJsonInTurns } from './json-array.ts';
import { BrokenRecord, type Records, recordList } from './record-list.ts';
import { taskEventSchema, taskEventStates } from './records.ts';
import { readRequestBytes } from './request-bytes.ts';
import { labelNameOf } from './series-identity.ts';
import { isTraceparent } from './traceparent.ts';

type TaskEventState = (typeof taskEventStates)[number];

const structuredType = 'application/cloudevents+json';
const batchType = 'application/cloudevents-batch+json';
const maxEventIdLength = 200;

/** What is read of the envelope; extensions beside these are left alone. */
const envelopeSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().min(1),
  type: z.string().min(1),
  subject: z.string().optional(),
  time: z.string().optional(),
  datacontenttype: z.string().optional(),
  traceparent: z.string().optional(),
  correlationid: z.string().optional(),
  data: z.unknown().optional(),
  data_base64: z.string().optional(),
});
type Envelope = z.output<typeof envelopeSchema>;

/** Last words of types that say the same as one of our states. */
const stateOfWord: Readonly<Record<string, TaskEventState>> = {
  ...Object.fromEntries(taskEventStates.map((state) => [state, state])),
  created: 'queued',
  submitted: 'queued',
  progress: 'progressed',
  completed: 'succeeded',
  finished: 'succeeded',
  error: 'failed',
};

/** Whether a request says that it carries CloudEvents, in any of the three modes of their HTTP binding. */
export function isCloudEvents({ headers }: Request): boolean {
  return headers.has('ce-specversion') || [structuredType, batchType].includes(mediaTypeOf(headers));
}

/**
 * Reads CloudEvents 1.0 as task events of the native protocol, to be checked like every other. The type says the state
 * by its last word and the kind by what stands before; the subject is the task, the source the agent. Members of `data`
 * that are fields of a task event go first; other texts and numbers of it become attributes.
 *
 * @throws AppError `unsupported_media_type`, `payload_too_large` or `invalid_request`.
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
export async function readCloudEvents(request: Request, maxBodyBytes: number): Promise<Records> {
  const type = mediaTypeOf(request.headers);
  const body = (await readRequestBytes(request, maxBodyBytes, ['gzip', 'zstd'])).toString('utf8');
  if (type === batchType) {
    const events = await parseJson(body);
    if (!Array.isArray(events)) throw new AppError('invalid_request', 'the body must be a JSON array of CloudEvents');
    return recordList(events.map(toTaskEvent));
  }
  if (type === structuredType) return recordList([toTaskEvent(await parseJson(body))], false);
  const data = body === '' || !isJson(type) ? undefined : await parseJson(body);
  return recordList([toTaskEvent({ ...attributesOfHeaders(request.headers), data })], false);
}

function mediaTypeOf(headers: Headers): string {
  return (headers.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase();
}

function isJson(type: string): boolean {
  return type === 'application/json' || type.endsWith('+json');
}

/** The attributes of the binary mode: headers that begin with `ce-`, percent-encoded where they are not ASCII. */
function attributesOfHeaders(headers: Headers): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [name, value] of headers) {
    if (!name.startsWith('ce-')) continue;
    try {
      attributes[name.slice('ce-'.length)] = decodeURIComponent(value);
    } catch {
      attributes[name.slice('ce-'.length)] = value;
    }
  }
  return attributes;
}

async function parseJson(text: string): Promise<unknown> {
  try {
    return await parseJsonInTurns(text);
  } catch (error) {
    throw new AppError('invalid_request', `the body is not JSON: ${(error as Error).message}`);
  }
}

function toTaskEvent(value: unknown): unknown {
  const parsed = envelopeSchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    return new BrokenRecord(`not a CloudEvent 1.0: ${path.join('.') || 'the event'}: ${message}`);
  }
  const event = parsed.data;
  const data = dataOf(event);
  const words = event.type.split('.');
  const state = stateOfWord[words.at(-1)!.toLowerCase()];
  const kind = state === undefined ? event.type : words.slice(0, -1).join('.') || event.type;
  const traceparent = isTraceparent(event.traceparent ?? '') ? event.traceparent : undefined;
  const correlationId = event.correlationid ?? traceparent?.split('-')[1];
  return {
    kind,
    ...(state !== undefined && { state }),
    ...(event.subject !== undefined && { task: event.subject }),
    agent: event.source,
    ...(correlationId !== undefined && { correlationId }),
    ...(traceparent !== undefined && { traceparent }),
    ...data.fields,
    ...(event.time !== undefined && { time: event.time }),
    eventId: eventIdOf(event),
    attributes: data.attributes,
  };
}

/** Of two sources, the same id does not mean the same event. */
function eventIdOf({ source, id }: Envelope): string {
  const whole = `${source}#${id}`;
  return whole.length <= maxEventIdLength ? whole : createHash('sha256').update(whole).digest('base64url');
}

/** The members of `data`: fields of a task event as they are, other scalars as attributes. */
function dataOf({ data, data_base64, datacontenttype }: Envelope): {
  fields: Record<string, unknown>;
  attributes: Record<string, unknown>;
} {
  const content = data ?? (data_base64 === undefined ? undefined : decodeJson(data_base64, datacontenttype));
  const fields: Record<string, unknown> = {};
  const attributes: Record<string, unknown> = {};
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return { fields, attributes };
  for (const [name, value] of Object.entries(content)) {
    if (name === 'attributes') Object.assign(attributes, value);
    else if (name in taskEventSchema.shape) fields[name] = value;
    else if (['string', 'number', 'boolean'].includes(typeof value)) attributes[labelNameOf(name)] = String(value);
  }
  return { fields, attributes };
}

function decodeJson(base64: string, type = 'application/json'): unknown {
  try {
    return isJson(type) ? JSON.parse(Buffer.from(base64, 'base64').toString('utf8')) : undefined;
  } catch {
    return undefined;
  }
}

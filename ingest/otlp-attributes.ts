import { bytesTag, fixed64Tag, varintTag, WireError, type WireReader } from './wire.ts';

/** Attributes as name, value, name, value, with every value as text: nested ones as JSON. */
export type AttributePairs = string[];

const maxDepth = 16;

/**
 * Reads a message `KeyValue` of OTLP protobuf onto `pairs`.
 *
 * @throws WireError, also of values that are nested too deep.
 */
export function readKeyValue(reader: WireReader, end: number, pairs: AttributePairs): void {
  const { key, value } = readMember(reader, end, 0);
  pairs.push(key, asText(value));
}

/** Reads a message `AnyValue` of OTLP protobuf as text. */
export function readAnyValueText(reader: WireReader, end: number): string {
  return asText(readAnyValue(reader, end, 0));
}

function readMember(reader: WireReader, end: number, depth: number): { key: string; value: unknown } {
  let key = '';
  let value: unknown = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === bytesTag(1)) key = reader.text(end);
    else if (tag === bytesTag(2)) value = readAnyValue(reader, reader.messageEnd(end), depth);
    else reader.skip(tag, end);
  }
  reader.finish(end);
  return { key, value };
}

function readAnyValue(reader: WireReader, end: number, depth: number): unknown {
  if (depth > maxDepth) throw new WireError(`a value is nested deeper than ${maxDepth}`);
  let value: unknown = '';
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === bytesTag(1)) value = reader.text(end);
    else if (tag === varintTag(2)) value = reader.varint() !== 0;
    else if (tag === varintTag(3)) value = reader.int64();
    else if (tag === fixed64Tag(4)) value = reader.double(end);
    else if (tag === bytesTag(5)) value = readList(reader, reader.messageEnd(end), depth + 1);
    else if (tag === bytesTag(6)) value = readMap(reader, reader.messageEnd(end), depth + 1);
    else if (tag === bytesTag(7)) value = reader.hex(end);
    else reader.skip(tag, end);
  }
  reader.finish(end);
  return value;
}

function readList(reader: WireReader, end: number, depth: number): unknown[] {
  const values: unknown[] = [];
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === bytesTag(1)) values.push(readAnyValue(reader, reader.messageEnd(end), depth));
    else reader.skip(tag, end);
  }
  reader.finish(end);
  return values;
}

function readMap(reader: WireReader, end: number, depth: number): Record<string, unknown> {
  const values: Record<string, unknown> = Object.create(null);
  while (reader.pos < end) {
    const tag = reader.tag();
    if (tag === bytesTag(1)) {
      const { key, value } = readMember(reader, reader.messageEnd(end), depth);
      values[key] = value;
    } else {
      reader.skip(tag, end);
    }
  }
  reader.finish(end);
  return values;
}

/** The attributes of OTLP JSON: a list of `{ key, value: { stringValue } }`, by the rules of protobuf's JSON. */
export function attributesOfJson(list: unknown): AttributePairs {
  const pairs: AttributePairs = [];
  for (const { key, value } of membersOfJson(list)) pairs.push(key, asText(valueOfJson(value, 0)));
  return pairs;
}

/** A value of OTLP JSON as text. */
export function textOfJsonValue(value: unknown): string {
  return asText(valueOfJson(value, 0));
}

function membersOfJson(list: unknown): { key: string; value: unknown }[] {
  if (!Array.isArray(list)) return [];
  return list.filter(
    (each): each is { key: string; value: unknown } =>
      typeof each === 'object' && each !== null && typeof each.key === 'string',
  );
}

function valueOfJson(value: unknown, depth: number): unknown {
  if (depth > maxDepth) throw new WireError(`a value is nested deeper than ${maxDepth}`);
  if (typeof value !== 'object' || value === null) return '';
  const any = value as Record<string, unknown>;
  if (any.arrayValue !== undefined) {
    const { values } = any.arrayValue as { values?: unknown };
    return Array.isArray(values) ? values.map((each) => valueOfJson(each, depth + 1)) : [];
  }
  if (any.kvlistValue !== undefined) {
    const { values } = any.kvlistValue as { values?: unknown };
    return Object.fromEntries(membersOfJson(values).map((each) => [each.key, valueOfJson(each.value, depth + 1)]));
  }
  return any.stringValue ?? any.boolValue ?? any.intValue ?? any.doubleValue ?? any.bytesValue ?? '';
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The value of an attribute, undefined where there is none. */
export function attributeOf(pairs: AttributePairs, name: string): string | undefined {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1];
  return undefined;
}

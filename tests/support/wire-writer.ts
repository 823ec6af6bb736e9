/** A field of a message: its number, and a value that is written as its kind says. */
export type Field =
  | [field: number, kind: 'varint' | 'int64' | 'sint' | 'double' | 'fixed64' | 'sfixed64', value: number | bigint]
  | [field: number, kind: 'bytes', value: string | Buffer];

/** Writes a protobuf message field by field, apart from the reader under test. */
export function message(...fields: Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([field, kind, value]) => [tagOf(field, kind), payload(kind, value)]));
}

/** Packed numbers of a repeated field. */
export function packed(kind: 'varint' | 'sint' | 'double' | 'fixed64', values: readonly (number | bigint)[]): Buffer {
  return Buffer.concat(values.map((value) => payload(kind, value)));
}

function tagOf(field: number, kind: Field[1]): Buffer {
  const type = kind === 'bytes' ? 2 : kind === 'double' || kind.endsWith('fixed64') ? 1 : 0;
  return varint(BigInt(field * 8 + type));
}

function payload(kind: Field[1], value: Field[2]): Buffer {
  if (kind === 'bytes') {
    const bytes = Buffer.from(value as string);
    return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
  }
  if (kind === 'double') {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(Number(value));
    return bytes;
  }
  const integer = BigInt(value as number | bigint);
  if (kind === 'fixed64' || kind === 'sfixed64') {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, integer));
    return bytes;
  }
  if (kind === 'sint') return varint(BigInt.asUintN(64, (integer << 1n) ^ (integer >> 63n)));
  return varint(BigInt.asUintN(64, integer));
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

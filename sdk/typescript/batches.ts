/** Some records as one JSON array. */
export interface Batch {
  /** The place of its first record among all. */
  start: number;
  count: number;
  body: string;
}

export type Records<T> = Iterable<T> | AsyncIterable<T>;

/**
 * Cuts records into JSON arrays of at most `maxRecords` records and `maxBytes` bytes, in order. A record that is larger
 * alone goes alone: the service says what it thinks of it.
 */
export async function* toBatches(
  records: Records<unknown>,
  { maxRecords, maxBytes }: { maxRecords: number; maxBytes: number },
): AsyncGenerator<Batch> {
  const brackets = 2;
  let texts: string[] = [];
  let bytes = brackets;
  let start = 0;
  const batch = (): Batch => ({ start, count: texts.length, body: `[${texts.join(',')}]` });
  for await (const record of records) {
    const text = JSON.stringify(record);
    const size = Buffer.byteLength(text) + 1;
    if (texts.length > 0 && (texts.length >= maxRecords || bytes + size > maxBytes)) {
      yield batch();
      start += texts.length;
      texts = [];
      bytes = brackets;
    }
    texts.push(text);
    bytes += size;
  }
  if (texts.length > 0) yield batch();
}

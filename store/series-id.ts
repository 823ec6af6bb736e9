import createXxHash from 'xxhash-wasm';

const { h64Raw } = await createXxHash();
const encoder = new TextEncoder();
const shift = 1n << 64n;

/**
 * The identifier of a series: xxHash64 over tenant, metric and labels in ascending order of their names, with a NUL
 * before each but the first, as an unsigned decimal. `schema/clickhouse/0002_series.sql` computes the same for what
 * ClickHouse derives; a test holds the two together.
 *
 * @param labels names must not contain NUL, nor may values.
 */
export function seriesId(tenant: string, metric: string, labels: Readonly<Record<string, string>>): string {
  let text = `${tenant}\0${metric}`;
  for (const name of Object.keys(labels).sort(compareBytes)) text += `\0${name}\0${labels[name]}`;
  const hash = h64Raw(encoder.encode(text));
  return (hash < 0n ? hash + shift : hash).toString();
}

/** The two words of an identifier in decimal. */
export function wordsOfSeriesId(id: string): { high: number; low: number } {
  const bits = BigInt(id);
  return { high: Number(bits >> 32n), low: Number(bits & 0xffffffffn) };
}

/** Names are ASCII, for which the order of UTF-16 code units is the order of bytes. */
function compareBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

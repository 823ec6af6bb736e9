import { compressSync } from 'snappy';
import { type Field, message } from './wire-writer.ts';

export type SentSample = readonly [time: number, value: number | 'stale'];

export interface SentSeries {
  labels: Record<string, string>;
  samples?: readonly SentSample[];
  /** Messages `Histogram`, as bytes. */
  histograms?: readonly Buffer[];
  /** Of 2.0: the number of the type, and a unit. */
  type?: number;
  unit?: string;
  /** Of 2.0: since when the samples count. */
  start?: number;
}

/** What Prometheus writes when a series ends: a NaN whose bits a number of JavaScript does not keep. */
const staleMarker = Buffer.from('020000000000f07f', 'hex');

function sample([time, value]: SentSample, start = 0): Buffer {
  const number = value === 'stale' ? Buffer.concat([Buffer.of(9), staleMarker]) : message([1, 'double', value]);
  return Buffer.concat([
    number,
    message([2, 'int64', time]),
    start > 0 ? message([3, 'int64', start]) : Buffer.alloc(0),
  ]);
}

/** A message `prometheus.WriteRequest`; metadata is [family, type, unit]. */
export function writeRequestV1(
  series: readonly SentSeries[],
  metadata: readonly (readonly [family: string, type: number, unit: string])[] = [],
): Buffer {
  const fields = series.map(({ labels, samples = [], histograms = [] }): Field => {
    const own: Field[] = [
      ...Object.entries(labels).map(
        ([name, value]): Field => [1, 'bytes', message([1, 'bytes', name], [2, 'bytes', value])],
      ),
      ...samples.map((each): Field => [2, 'bytes', sample(each)]),
      ...histograms.map((each): Field => [4, 'bytes', each]),
    ];
    return [1, 'bytes', message(...own)];
  });
  const told = metadata.map(
    ([family, type, unit]): Field => [
      3,
      'bytes',
      message([1, 'varint', type], [2, 'bytes', family], [3, 'bytes', 'help'], [4, 'bytes', unit]),
    ],
  );
  return message(...fields, ...told);
}

/** A message `io.prometheus.write.v2.Request`. */
export function writeRequestV2(series: readonly SentSeries[]): Buffer {
  const symbols = [''];
  const refOf = (text: string) => {
    const at = symbols.indexOf(text);
    return at === -1 ? symbols.push(text) - 1 : at;
  };
  const fields = series.map(({ labels, samples = [], histograms = [], type = 0, unit = '', start = 0 }): Field => {
    const refs = Object.entries(labels).flat().map(refOf);
    const own: Field[] = [
      [1, 'bytes', Buffer.concat(refs.map((ref) => message([1, 'varint', ref]).subarray(1)))],
      ...samples.map((each): Field => [2, 'bytes', sample(each, start)]),
      ...histograms.map((each): Field => [3, 'bytes', each]),
      [5, 'bytes', message([1, 'varint', type], [4, 'varint', refOf(unit)])],
    ];
    return [5, 'bytes', message(...own)];
  });
  return message(...symbols.map((symbol): Field => [4, 'bytes', symbol]), ...fields);
}

/** A request of remote write as senders send it. */
export function remoteWriteRequest(body: Buffer, version: 1 | 2, headers: Record<string, string> = {}): RequestInit {
  const name = version === 1 ? 'prometheus.WriteRequest' : 'io.prometheus.write.v2.Request';
  return {
    method: 'POST',
    body: compressSync(body) as Uint8Array<ArrayBuffer>,
    headers: {
      'content-type': `application/x-protobuf;proto=${name}`,
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': version === 1 ? '0.1.0' : '2.0.0',
      ...headers,
    },
  };
}

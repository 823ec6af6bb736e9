import { wordsOfSeriesId } from '../store/series-id.ts';
import type { HeartbeatRow, SampleRow, TaskEventRow } from '../store/tables.ts';

/** Takes the parts of a key one after the other and gives 64 bits; started anew by `begin`. */
export interface KeyHash {
  begin(): void;
  text(text: string): void;
  /** All 64 bits of a double. */
  number(value: number): void;
  /** What names a sample beside its tenant: the two words of its series, its time and its value. */
  sample(idHigh: number, idLow: number, time: number, value: number): void;
  /** Remembers what was taken since `begin`, for `resume` to go on from. */
  mark(): { high: number; low: number };
  resume(mark: { high: number; low: number }): void;
  /** The two words, to be read at once. */
  end(): { high: number; low: number };
}

/**
 * A 64-bit hash of two lanes of MurmurHash3 (x86, 32 bits; Austin Appleby, public domain) with different seeds. The
 * seed is chance, drawn when a spool is made, so that nobody can choose records whose keys collide.
 */
export function createKeyHash(seedHigh: number, seedLow: number): KeyHash {
  let high = 0;
  let low = 0;
  const doubles = new Float64Array(2);
  const words = new Int32Array(doubles.buffer);
  const result = { high: 0, low: 0 };

  function mix(word: number): void {
    high = mixHigh(high, word);
    low = mixLow(low, word);
  }

  return {
    begin() {
      high = seedHigh;
      low = seedLow;
    },
    text(text) {
      mix(text.length);
      for (let i = 0; i < text.length; i += 2) mix(text.charCodeAt(i) | (text.charCodeAt(i + 1) << 16));
    },
    mark: () => ({ high, low }),
    resume(mark) {
      high = mark.high;
      low = mark.low;
    },
    number(value) {
      doubles[0] = value;
      mix(words[0]!);
      mix(words[1]!);
    },
    sample(idHigh, idLow, time, value) {
      doubles[0] = time;
      doubles[1] = value;
      // In one piece, so that both lanes stay in registers: nothing is hashed as often.
      const highId = mixHigh(mixHigh(high, idHigh), idLow);
      high = mixHigh(mixHigh(mixHigh(mixHigh(highId, words[0]!), words[1]!), words[2]!), words[3]!);
      const lowId = mixLow(mixLow(low, idHigh), idLow);
      low = mixLow(mixLow(mixLow(mixLow(lowId, words[0]!), words[1]!), words[2]!), words[3]!);
    },
    end() {
      const a = finish(high) + finish(low);
      result.high = finish(a | 0) >>> 0;
      result.low = finish((high ^ Math.imul(low, 0x9e3779b1)) | 0) >>> 0;
      return result;
    },
  };
}

function mixHigh(high: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const mixed = high ^ k;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function mixLow(low: number, word: number): number {
  let k = Math.imul(word, 0x239b961b);
  k = Math.imul((k << 16) | (k >>> 16), 0x38b34ae5);
  const mixed = low ^ k;
  return (Math.imul((mixed << 17) | (mixed >>> 15), 5) + 0x561ccd1b) | 0;
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * What makes two rows of a table the same record: a sample is its series, time and value; a heartbeat its agent, time
 * and status; a task event its identifier. Tables that are not here take the same row as often as it comes.
 */
export const naturalKeys: Readonly<Record<string, (hash: KeyHash, row: never) => void>> = {
  samples(hash: KeyHash, { tenant, series_id, time, value }: SampleRow) {
    hash.text(tenant);
    const id = wordsOfSeriesId(series_id);
    hash.sample(id.high, id.low, time, value);
  },
  heartbeats(hash: KeyHash, { tenant, agent, time, status }: HeartbeatRow) {
    hash.text(tenant);
    hash.text(agent);
    hash.number(time);
    hash.text(status);
  },
  task_events(hash: KeyHash, { tenant, event_id }: TaskEventRow) {
    hash.text(tenant);
    hash.text(event_id);
  },
};

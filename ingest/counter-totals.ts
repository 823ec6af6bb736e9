import { readFileSync } from 'node:fs';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { createBreather } from '../telemetry/turn.ts';

/** The last total of a counter, when it was told, and since when it counts (0: not known). Unix milliseconds. */
export interface CounterTotal {
  time: number;
  total: number;
  start: number;
}

/** The last totals of counters, kept in a file, so that a restart of the service loses no increase. */
export interface CounterTotals {
  /** The last total of a series, undefined where none is known. */
  find(seriesId: string): CounterTotal | undefined;
  /**
   * Writes totals down, of each series the latest. Returns when the operating system has them, so that they outlive the
   * process. Never rejects: `onWrite` is told of a fault of the disk, and the next write tries again.
   */
  keep(totals: readonly (CounterTotal & { seriesId: string })[]): Promise<void>;
  /** Of the series whose last total is younger than a time, those with the smallest identifiers, as many as `most`. */
  heardSince(time: number, most: number): Promise<string[]>;
  /** Says whether others keep totals too, to whom a counter may have told its earlier ones. */
  share(areShared: boolean): void;
  areShared(): boolean;
  /** Writes down what is left, to outlive the machine as well. */
  close(): Promise<void>;
}

export interface CounterTotalsOptions {
  path: string;
  /** So many series have a place, 32 bytes each. When all are taken, the file begins anew with those that are heard. */
  capacity?: number;
  /** Names the run of the machine: what was written within another one, and not closed, may be older than the samples. */
  bootId?: string;
  /** Told of each write, with the error of one that failed. */
  onWrite?: (error?: unknown) => void;
}

const pageBytes = 4096;
/** Two records never share a page with half of a third: a write that is cut by `kill -9` leaves whole records. */
const recordBytes = 32;
const format = 1;

/**
 * Opens the file, or begins one where there is none that can be trusted. Its first page says in JSON who wrote it; a record
 * is the series, time, total and start of a counter, eight bytes each, little-endian.
 *
 * @throws Error when the file cannot be opened.
 */
export async function openCounterTotals({
  path,
  capacity = 500_000,
  bootId = readBootId(),
  onWrite = () => {},
}: CounterTotalsOptions): Promise<CounterTotals> {
  const image = Buffer.from(new ArrayBuffer(pageBytes + capacity * recordBytes));
  const places = new Map<string, number>();
  /** The same memory in doubles: the time, total and start of a record stand behind its series. */
  const doubles = new Float64Array(image.buffer, image.byteOffset, image.length / 8);
  const dirty = new Set<number>();
  const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  await load(file, image, bootId);
  for (let at = pageBytes; at < image.length; at += recordBytes) {
    const id = image.readBigUInt64LE(at);
    if (id === 0n) break;
    places.set(id.toString(), at);
  }
  let shared = false;
  let writing = Promise.resolve();
  let next: Promise<void> | undefined;

  function placeOf(seriesId: string): number {
    const known = places.get(seriesId);
    if (known !== undefined) return known;
    if (places.size >= capacity) {
      places.clear();
      image.fill(0, pageBytes);
      for (let page = 1; page * pageBytes < image.length; page++) dirty.add(page);
    }
    const at = pageBytes + places.size * recordBytes;
    places.set(seriesId, at);
    image.writeBigUInt64LE(BigInt(seriesId), at);
    doubles[at / 8 + 1] = Number.NEGATIVE_INFINITY;
    return at;
  }

  async function writePages(): Promise<void> {
    const pages = [...dirty].sort((a, b) => a - b);
    dirty.clear();
    try {
      for (const { from, to } of runsOf(pages)) await writeAll(file, image, from, Math.min(to, image.length));
      onWrite();
    } catch (error) {
      for (const page of pages) dirty.add(page);
      onWrite(error);
    }
  }

  /** One write at a time; those who come meanwhile share the next. */
  function flush(): Promise<void> {
    next ??= writing.then(() => {
      next = undefined;
      writing = writePages();
      return writing;
    });
    return next;
  }

  function setHead(isClosed: boolean): void {
    image.fill(' ', 0, pageBytes).write(JSON.stringify({ format, bootId, isClosed }));
    dirty.add(0);
  }

  setHead(false);
  await flush();
  // That the file is open must not be forgotten by a power cut which keeps some of its records.
  await file.sync().catch(onWrite);
  return {
    find(seriesId) {
      const at = places.get(seriesId);
      if (at === undefined) return undefined;
      return { time: doubles[at / 8 + 1]!, total: doubles[at / 8 + 2]!, start: doubles[at / 8 + 3]! };
    },
    async keep(totals) {
      if (totals.length === 0) return;
      let lastPage = -1;
      for (const { seriesId, time, total, start } of totals) {
        const at = placeOf(seriesId);
        const word = at / 8;
        if (doubles[word + 1]! >= time) continue;
        doubles[word + 1] = time;
        doubles[word + 2] = total;
        doubles[word + 3] = start;
        const page = Math.floor(at / pageBytes);
        if (page !== lastPage) dirty.add(page);
        lastPage = page;
      }
      await flush();
    },
    async heardSince(time, most) {
      const smallest: bigint[] = [];
      const breather = createBreather();
      for (const [id, at] of places) {
        if (breather.isDue()) await breather.now();
        if (!(doubles[at / 8 + 1]! > time)) continue;
        const number = BigInt(id);
        if (smallest.length === most && number > smallest.at(-1)!) continue;
        smallest.push(number);
        smallest.sort((a, b) => (a < b ? -1 : 1));
        if (smallest.length > most) smallest.pop();
      }
      return smallest.map(String);
    },
    share(areShared) {
      shared = areShared;
    },
    areShared: () => shared,
    async close() {
      await flush();
      try {
        await file.sync();
        setHead(true);
        await flush();
        await file.sync();
      } catch (error) {
        onWrite(error);
      }
      await file.close();
    },
  };
}

/** Reads the file into `image`, or empties both when what it says may be older than the samples in the store. */
async function load(file: FileHandle, image: Buffer, bootId: string): Promise<void> {
  const { size } = await file.stat();
  if (size === 0) return;
  await file.read(image, 0, Math.min(size, image.length), 0);
  if (isTrusted(image.toString('latin1', 0, pageBytes), bootId)) return;
  image.fill(0);
  await file.truncate(0);
}

function isTrusted(head: string, bootId: string): boolean {
  try {
    const told = JSON.parse(head) as { format?: unknown; bootId?: unknown; isClosed?: unknown } | null;
    return told?.format === format && (told.isClosed === true || (bootId !== '' && told.bootId === bootId));
  } catch {
    return false;
  }
}

/** Pages that follow one another, as ranges of bytes. */
function runsOf(pages: readonly number[]): { from: number; to: number }[] {
  const runs: { from: number; to: number }[] = [];
  for (const page of pages) {
    const last = runs.at(-1);
    if (last?.to === page * pageBytes) last.to += pageBytes;
    else runs.push({ from: page * pageBytes, to: (page + 1) * pageBytes });
  }
  return runs;
}

/** Writes a copy: the image goes on changing meanwhile, and a record must not be written by halves. */
async function writeAll(file: FileHandle, image: Buffer, from: number, to: number): Promise<void> {
  const { bytesWritten } = await file.write(Buffer.from(image.subarray(from, to)), 0, to - from, from);
  if (bytesWritten < to - from) throw new Error(`only ${bytesWritten} of ${to - from} bytes were written`);
}

/** Empty where the system does not tell: then only a file that was closed is trusted. */
function readBootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}

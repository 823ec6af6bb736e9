import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRecentKeys, type RecentKeys } from './recent-keys.ts';
import { createKeyHash, type KeyHash, naturalKeys } from './row-key.ts';

export interface KnownRecordsOptions {
  folder: string;
  /** So many samples are remembered at least, and a quarter as many of each other kind. */
  capacity: number;
}

/** Knows the records that came last, over restarts too, so that one which is sent again is stored once. */
export interface KnownRecords {
  /** Keys of the new ones among rows, which are remembered from now on; `isNew` says which those are, when not all. */
  admit(table: string, rows: readonly object[]): Admitted;
  /** The same for keys that were made before, two words a row. */
  admitKeys(table: string, keys: Uint32Array): Admitted;
  /** Forgets records that could not be stored after all. */
  forget(table: string, keys: Uint32Array): void;
  /** Writes down the keys of rows whose segment goes. */
  persist(table: string, keys: readonly Uint32Array[]): Promise<void>;
  /** To make keys with, begun for each. */
  hash: KeyHash;
}

export interface Admitted {
  keys: Uint32Array;
  /** A 1 for each row that is new; `undefined` when all are. */
  isNew: Uint8Array | undefined;
  duplicates: number;
}

interface Memory {
  recent: RecentKeys;
  log: KeyLog;
}

const keyBytes = 8;

/** Opens what an earlier process knew; what its spool still holds is to be added by `admitKeys`. */
export async function openKnownRecords({ folder, capacity }: KnownRecordsOptions): Promise<KnownRecords> {
  mkdirSync(folder, { recursive: true });
  const seed = await readOrDraw(join(folder, 'seed'));
  const hash = createKeyHash(seed.readInt32LE(0), seed.readInt32LE(4));
  const memories = new Map<string, Memory>();
  for (const table of Object.keys(naturalKeys)) {
    const ofTable = table === 'samples' ? capacity : Math.ceil(capacity / 4);
    const recent = createRecentKeys(ofTable);
    const log = openKeyLog(join(folder, `recent-${table}.keys`), ofTable);
    for (const keys of log.read()) for (let i = 0; i < keys.length; i += 2) recent.add(keys[i]!, keys[i + 1]!);
    memories.set(table, { recent, log });
  }

  function admitKeys(table: string, keys: Uint32Array): Admitted {
    const memory = memories.get(table);
    if (memory === undefined || keys.length === 0) return { keys, isNew: undefined, duplicates: 0 };
    const rows = keys.length / 2;
    let isNew: Uint8Array | undefined;
    let duplicates = 0;
    memory.recent.fetch(keys);
    for (let i = 0; i < rows; i++) {
      if (memory.recent.add(keys[2 * i]!, keys[2 * i + 1]!)) continue;
      isNew ??= new Uint8Array(rows).fill(1);
      isNew[i] = 0;
      duplicates++;
    }
    if (isNew === undefined) return { keys, isNew, duplicates };
    const fresh = new Uint32Array(2 * (rows - duplicates));
    let to = 0;
    for (let i = 0; i < rows; i++) {
      if (isNew[i] === 0) continue;
      fresh[to++] = keys[2 * i]!;
      fresh[to++] = keys[2 * i + 1]!;
    }
    return { keys: fresh, isNew, duplicates };
  }

  return {
    hash,
    admitKeys,
    admit(table, rows) {
      const keyOf = naturalKeys[table];
      if (keyOf === undefined) return { keys: new Uint32Array(0), isNew: undefined, duplicates: 0 };
      const keys = new Uint32Array(2 * rows.length);
      for (let i = 0; i < rows.length; i++) {
        hash.begin();
        keyOf(hash, rows[i]! as never);
        const { high, low } = hash.end();
        keys[2 * i] = high;
        keys[2 * i + 1] = low;
      }
      return admitKeys(table, keys);
    },
    forget(table, keys) {
      const recent = memories.get(table)?.recent;
      for (let i = 0; i < keys.length; i += 2) recent?.remove(keys[i]!, keys[i + 1]!);
    },
    persist: async (table, keys) => memories.get(table)?.log.append(keys),
  };
}

interface KeyLog {
  read(): Uint32Array[];
  append(keys: readonly Uint32Array[]): Promise<void>;
}

/** Two files of keys; when the newer holds `capacity` of them it takes the place of the older. */
function openKeyLog(path: string, capacity: number): KeyLog {
  const older = `${path}.older`;
  const load = (file: string) => {
    if (!existsSync(file)) return new Uint32Array(0);
    const bytes = readFileSync(file);
    const whole = bytes.length - (bytes.length % keyBytes);
    return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + whole));
  };
  const newer = load(path);
  let count = newer.length / 2;
  return {
    read: () => [load(older), newer],
    async append(keys) {
      if (keys.length === 0) return;
      await appendFile(
        path,
        Buffer.concat(keys.map((each) => Buffer.from(each.buffer, each.byteOffset, each.byteLength))),
      );
      for (const each of keys) count += each.length / 2;
      if (count < capacity) return;
      await rename(path, older);
      count = 0;
    },
  };
}

async function readOrDraw(path: string): Promise<Buffer> {
  if (existsSync(path)) return readFileSync(path);
  const seed = randomBytes(keyBytes);
  await writeFile(path, seed);
  return seed;
}

import { lockFolder } from '../store/folder-lock.ts';
import { endOfRow } from '../store/row-widths.ts';
import { encodeRows, type RowOf, type Table } from '../store/table.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { nextTurn } from '../telemetry/turn.ts';
import { createAdmission } from './admission.ts';
import { type DrainReport, type RefusedRow, startDrain } from './drain.ts';
import { openKnownRecords } from './known-records.ts';
import type { KeyHash } from './row-key.ts';
import { openSpool, type SpoolOptions } from './spool.ts';
import type { Block } from './spool-frame.ts';

export interface WriterOptions {
  store: Pick<TelemetryStore, 'insertBlock' | 'isRefusal'>;
  spool: {
    folder: string;
    /** Above it nothing is taken until ClickHouse has caught up. */
    maxBytes: number;
    segmentMaxBytes: number;
  };
  /** So much may wait for the disk. */
  maxPendingBytes: number;
  /** How long rows wait in the spool for company before they are stored, when nobody waits to read them. */
  drainAgeMs: number;
  /** So many samples are known again when they are sent again, and a quarter as many records of each other kind. */
  dedupRecords: number;
  /** Takes the rows that ClickHouse refuses, to be written to the quarantine by this writer. */
  quarantine: (writer: Writer, rows: readonly RefusedRow[]) => Promise<void>;
  onDrain?: (report: DrainReport) => void;
  onDuplicates?: (duplicates: { table: string; rows: number }) => void;
  /** Told of faults of the disk beside those of writing; what is affected is tried again, or can be done without. */
  onFault?: (error: unknown) => void;
  onSpoolWrite?: SpoolOptions['onWrite'];
  onTorn?: SpoolOptions['onTorn'];
}

/** What became of the rows of a write. Duplicates are safe already: the same record was taken before. */
export interface Written {
  rows: number;
  duplicates: number;
}

/** What waits on its way into ClickHouse. */
export interface Backlog {
  rows: number;
  bytes: number;
  /** For how long the oldest row has waited; 0 when none does. */
  ageSeconds: number;
  /** Whether ClickHouse refused or did not answer the last insert. */
  isFailing: boolean;
  /** Why no records are taken at the moment; `undefined` while they are. */
  refusing: string | undefined;
}

/** Rows that are encoded already, all of one tenant. */
export interface EncodedRows extends Block {
  tenant: string;
}

/** The way of rows into ClickHouse: over a spool on the disk, in large blocks, each record once. */
export interface Writer {
  /**
   * Takes rows and returns when they are safe on the disk. Rows whose natural key was taken a moment ago are left out.
   *
   * @throws AppError `too_many_requests` when too much waits; `unavailable` when the spool is full or the disk fails,
   * or at the end of the service. Nothing of it may be taken as stored then.
   */
  write<T extends Table>(table: T, rows: readonly RowOf<T>[]): Promise<Written>;
  /** The same for rows that are encoded already; `keys` as `hash` makes them of `naturalKeys`. */
  writeEncoded(rows: EncodedRows): Promise<Written>;
  /** Makes the keys of encoded rows. */
  readonly hash: KeyHash;
  /**
   * Waits until all that was taken so far can be read.
   *
   * @returns false when it takes longer, or the store does not take rows at the moment.
   */
  caughtUp(timeoutMs: number): Promise<boolean>;
  backlog(): Backlog;
  /** Follows the state of the store: takes nothing, for a reason, and lets rows wait so many times longer for company. */
  yieldTo(pressure: { closedFor: string | undefined; slowerBy: number }): void;
  /** Stores what waits, as far as that is possible in the given time; the rest is in the spool. Later writes are refused. */
  close(timeoutMs?: number): Promise<void>;
}

const rowsPerTurn = 1000;
/** So much of the spool is kept in memory as well, so that it need not be read again. */
const memoryMaxBytes = 64 * 1024 * 1024;
const columnsOf = new WeakMap<Table, readonly string[]>();

/** Opens the spool, begins to carry into ClickHouse what an earlier process left there, and takes rows. */
export async function openWriter({
  store,
  spool: { folder, maxBytes, segmentMaxBytes },
  maxPendingBytes,
  drainAgeMs,
  dedupRecords,
  quarantine,
  onDrain,
  onDuplicates = () => {},
  onFault = () => {},
  onSpoolWrite,
  onTorn,
}: WriterOptions): Promise<Writer> {
  const unlock = lockFolder(folder);
  const known = await openKnownRecords({ folder, capacity: dedupRecords });
  const spool = await openSpool({
    folder,
    segmentMaxBytes,
    memoryMaxBytes,
    onLeft: known.admitKeys,
    ...(onSpoolWrite && { onWrite: onSpoolWrite }),
    ...(onTorn && { onTorn }),
  });
  const { bytes: usedBytes, pendingBytes } = spool;
  const admission = createAdmission({ maxBytes, maxPendingBytes, usedBytes, pendingBytes });
  let closing: Promise<void> | undefined;
  let slowerBy = 1;

  const drain = startDrain({
    spool,
    store,
    drainAge: () => drainAgeMs * slowerBy,
    quarantine: (rows) => quarantine(writer, rows),
    async onStored({ lanes }, lastWrite) {
      admission.stored(lastWrite);
      // Without its keys a record is only known again until the next start.
      for (const { shape, keys } of lanes) await known.persist(shape.table, keys).catch(onFault);
    },
    onFault,
    ...(onDrain && { onDrain }),
  });

  async function append(table: string, tenant: string, blocks: Block[], duplicates: number): Promise<Written> {
    if (duplicates > 0) onDuplicates({ table, rows: duplicates });
    let rows = 0;
    let bytes = 0;
    for (const block of blocks) {
      rows += block.rows;
      bytes += block.bytes.length;
    }
    const undo = () => {
      for (const { table, keys } of blocks) known.forget(table, keys);
    };
    try {
      admission.enter(tenant, bytes);
    } catch (error) {
      undo();
      throw error;
    }
    const write = await spool.append(blocks, { needsEarlier: duplicates > 0, undo }).catch((cause: unknown) => {
      throw new AppError('unavailable', 'the spool on the disk did not take the records; send them again', {
        cause,
        retryAfterSeconds: 5,
      });
    });
    admission.taken(tenant, bytes, write);
    drain.nudge();
    return { rows, duplicates };
  }

  function refuseWhenClosing(): void {
    if (closing !== undefined) throw new AppError('unavailable', 'the service is stopping', { retryAfterSeconds: 5 });
  }

  const writer: Writer = {
    hash: known.hash,
    async write(table, rows) {
      if (rows.length === 0) return { rows: 0, duplicates: 0 };
      refuseWhenClosing();
      admission.check();
      const blocks: Block[] = [];
      let duplicates = 0;
      for (let start = 0; start < rows.length; start += rowsPerTurn) {
        if (start > 0) await nextTurn();
        const some = rows.length <= rowsPerTurn ? rows : rows.slice(start, start + rowsPerTurn);
        const admitted = known.admit(table.name, some);
        const fresh = admitted.isNew === undefined ? some : some.filter((_, i) => admitted.isNew![i] === 1);
        duplicates += admitted.duplicates;
        if (fresh.length === 0) continue;
        blocks.push(blockOf(table, fresh, admitted.keys));
      }
      return append(table.name, (rows[0] as { tenant?: string }).tenant ?? '', blocks, duplicates);
    },
    async writeEncoded({ tenant, ...block }) {
      refuseWhenClosing();
      admission.check();
      const { keys, isNew, duplicates } = known.admitKeys(block.table, block.keys);
      const bytes = isNew === undefined ? block.bytes : pickRows(block, isNew);
      return append(block.table, tenant, [{ ...block, rows: block.rows - duplicates, bytes, keys }], duplicates);
    },
    caughtUp: (timeoutMs) => drain.caughtUp(timeoutMs),
    backlog() {
      const since = spool.waitingSince();
      const ageSeconds = since === undefined ? 0 : (performance.now() - since) / 1000;
      const state = { isFailing: drain.isFailing(), refusing: admission.refusing()?.message };
      return { rows: spool.rows(), bytes: spool.bytes(), ageSeconds, ...state };
    },
    yieldTo(pressure) {
      admission.close(pressure.closedFor);
      slowerBy = pressure.slowerBy;
    },
    close(timeoutMs = 3000) {
      closing ??= (async () => {
        await drain.close(timeoutMs);
        await spool.close();
        unlock();
      })();
      return closing;
    },
  };
  return writer;
}

function blockOf<T extends Table>(table: T, rows: readonly RowOf<T>[], keys: Uint32Array): Block {
  let columns = columnsOf.get(table);
  if (columns === undefined) {
    columns = Object.keys(table.columns);
    columnsOf.set(table, columns);
  }
  return { table: table.name, columns, rows: rows.length, bytes: Buffer.from(encodeRows(table, rows)), keys };
}

/** The rows for which `isPicked` is 1. */
function pickRows({ bytes, widths }: Block, isPicked: Uint8Array): Buffer {
  const rows: Buffer[] = [];
  let start = 0;
  for (const picked of isPicked) {
    const end = endOfRow(bytes, start, widths);
    if (picked === 1) rows.push(bytes.subarray(start, end));
    start = end;
  }
  return Buffer.concat(rows);
}

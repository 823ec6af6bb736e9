import type { RowOf, Table } from '../store/table.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';

export interface WriterOptions {
  store: TelemetryStore;
  /** How long rows wait for company, once no insert of their table runs. */
  flushAgeMs: number;
  /** A batch of so many rows goes at once. */
  maxBatchRows: number;
  /** Above it, rows are refused until the queue is shorter: memory stays bounded. */
  maxQueuedRows: number;
  /** Told of each insert into ClickHouse. */
  onFlush?: (flush: { table: string; rows: number; seconds: number; error?: unknown }) => void;
}

/** Groups the rows of concurrent requests into one insert a table. */
export interface Writer {
  /**
   * Stores rows and returns when ClickHouse has them.
   *
   * @throws AppError `too_many_requests` when the queue is full; `unavailable` when the insert failed, of which
   * nothing is known to be stored.
   */
  write<T extends Table>(table: T, rows: readonly RowOf<T>[]): Promise<void>;
  /** How many rows wait or are being inserted. */
  queuedRows(): number;
  /** Stores what waits and returns when nothing is in flight. Later writes are refused. */
  close(): Promise<void>;
}

const largeBatchRows = 5000;

interface Waiting {
  rows: readonly unknown[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

interface Lane {
  table: Table;
  waiting: Waiting[];
  rows: number;
  /** Inserts under way. */
  running: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Creates the writer. Each table has its own lane: rows that come while an insert runs form the next batch, so the
 * size of batches follows the load by itself.
 */
export function createWriter({
  store,
  flushAgeMs,
  maxBatchRows,
  maxQueuedRows,
  onFlush = () => {},
}: WriterOptions): Writer {
  const lanes = new Map<string, Lane>();
  let queued = 0;
  let closing = false;
  let drained: (() => void) | undefined;

  function laneOf(table: Table): Lane {
    let lane = lanes.get(table.name);
    if (lane === undefined) {
      lane = { table, waiting: [], rows: 0, running: 0, timer: undefined };
      lanes.set(table.name, lane);
    }
    return lane;
  }

  function schedule(lane: Lane): void {
    if (lane.waiting.length === 0 || isBusy(lane)) return;
    if (closing || lane.rows >= maxBatchRows) void flush(lane);
    else lane.timer ??= setTimeout(() => void flush(lane), flushAgeMs);
  }

  async function flush(lane: Lane): Promise<void> {
    clearTimeout(lane.timer);
    lane.timer = undefined;
    if (isBusy(lane)) return;
    const batch = takeBatch(lane, maxBatchRows);
    if (batch.length === 0) return;
    const rows = batch.length === 1 ? batch[0]!.rows : batch.flatMap((waiting) => waiting.rows);
    lane.running++;
    const started = performance.now();
    const outcome = await store.insert(lane.table, rows as never).then(
      () => ({}),
      (error: unknown) => ({ error }),
    );
    lane.running--;
    queued -= rows.length;
    onFlush({ table: lane.table.name, rows: rows.length, seconds: (performance.now() - started) / 1000, ...outcome });
    settle(batch, outcome);
    schedule(lane);
    if (queued === 0) drained?.();
  }

  return {
    write(table, rows) {
      if (rows.length === 0) return Promise.resolve();
      if (closing)
        return Promise.reject(new AppError('unavailable', 'the service is stopping', { retryAfterSeconds: 5 }));
      if (queued > 0 && queued + rows.length > maxQueuedRows) {
        return Promise.reject(
          new AppError('too_many_requests', 'too many records wait to be stored; send them again later', {
            retryAfterSeconds: 1,
          }),
        );
      }
      const lane = laneOf(table);
      return new Promise<void>((resolve, reject) => {
        lane.waiting.push({ rows, resolve, reject });
        lane.rows += rows.length;
        queued += rows.length;
        schedule(lane);
      });
    },
    queuedRows: () => queued,
    async close() {
      closing = true;
      for (const lane of lanes.values()) void flush(lane);
      if (queued > 0) await new Promise<void>((resolve) => (drained = resolve));
    },
  };
}

function settle(batch: readonly Waiting[], outcome: { error?: unknown }): void {
  if (!('error' in outcome)) {
    for (const { resolve } of batch) resolve();
    return;
  }
  const error = new AppError('unavailable', 'the store did not take the records; send them again', {
    cause: outcome.error,
    retryAfterSeconds: 5,
  });
  for (const { reject } of batch) reject(error);
}

/**
 * One insert of a table at a time: of small batches two would only make more parts, whose merging costs more than is
 * gained. A large batch goes beside the one before, for it is worth a part of its own.
 */
function isBusy({ running, rows }: Lane): boolean {
  return running >= (rows >= largeBatchRows ? 2 : 1);
}

/** Whole requests from the head of the lane, at least one, up to the size of a batch. */
function takeBatch(lane: Lane, maxRows: number): Waiting[] {
  let rows = 0;
  let count = 0;
  while (count < lane.waiting.length && (count === 0 || rows + lane.waiting[count]!.rows.length <= maxRows)) {
    rows += lane.waiting[count]!.rows.length;
    count++;
  }
  lane.rows -= rows;
  return lane.waiting.splice(0, count);
}

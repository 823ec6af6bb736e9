import { type QuarantineOptions, quarantineRows } from '../ingest/quarantine.ts';
import type { PressureOptions } from '../ingest/store-pressure.ts';
import type { Backlog, WriterOptions } from '../ingest/writer.ts';
import type { ModelPool } from '../models/pool.ts';
import { StoreAwayError } from '../store/away.ts';
import type { StatementReport } from '../store/telemetry.ts';
import type { Health } from '../telemetry/health.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';

const store = 'telemetry store';

/**
 * Counts the statements of the telemetry store, and logs those that failed; from one that failed until one goes well,
 * the store counts as degraded.
 */
export function observeStatements(metrics: Metrics, health: Health, log: Logger): (report: StatementReport) => void {
  return ({ name, seconds, error }) => {
    metrics.storeQueryDuration.observe({ query: name }, seconds);
    if (error === undefined) return health.recover(store);
    const isAway = error instanceof StoreAwayError;
    health.degrade(store, isAway ? `it is away: ${error.reason}` : `the statement ${name} failed`);
    metrics.storeQueryFailures.inc({ query: name });
    log.error({ err: error, query: name }, 'statement failed');
  };
}

/** Counts what becomes of records that were not taken. */
export function observeRefusals({ quarantined }: Metrics): NonNullable<QuarantineOptions['onRefusal']> {
  return ({ source, reason, kept, count }) =>
    quarantined.inc({ source, reason, outcome: kept ? 'kept' : 'counted' }, count);
}

type WriterEvents = Pick<
  WriterOptions,
  'quarantine' | 'onDrain' | 'onDuplicates' | 'onFault' | 'onSpoolWrite' | 'onTorn'
>;

/** Counts what the writer does; while the disk of the spool fails, it counts as degraded. */
export function observeWriter(
  metrics: Metrics,
  health: Health,
  log: Logger,
  { now, keepDays }: { now: () => Date; keepDays: number },
): WriterEvents {
  const spool = 'spool';
  return {
    quarantine(writer, rows) {
      log.warn({ rows: rows.length, table: rows[0]?.table, reason: rows[0]?.reason }, 'ClickHouse refused rows');
      return quarantineRows(writer, rows, { now, keepDays, onRefusal: observeRefusals(metrics) });
    },
    onDrain({ table, rows, seconds, error }) {
      metrics.ingestBatchRows.observe({ table }, rows);
      metrics.ingestFlushDuration.observe({ table, outcome: error === undefined ? 'stored' : 'failed' }, seconds);
      if (error !== undefined) log.warn({ table, rows }, 'insert failed; the rows stay in the spool');
    },
    onDuplicates: ({ table, rows }) => metrics.ingestDuplicates.inc({ table }, rows),
    onFault: (error) => log.error({ err: error }, 'the disk of the spool failed'),
    onSpoolWrite({ bytes, seconds, error }) {
      metrics.spoolWriteDuration.observe({ outcome: error === undefined ? 'stored' : 'failed' }, seconds);
      if (error === undefined) return health.recover(spool);
      health.degrade(spool, 'the disk did not take a write; records are answered with 503');
      log.error({ err: error, bytes }, 'the spool could not be written');
    },
    onTorn({ path, bytes, isLast }) {
      if (isLast) log.info({ path, bytes }, 'cut the end of a write that was not acknowledged');
      else log.error({ path, bytes }, 'a segment of the spool is damaged; what could be read of it is stored');
    },
  };
}

/** While the last totals of counters cannot be written down, that counts as degraded. */
export function observeCounterTotals(health: Health, log: Logger): (error?: unknown) => void {
  const totals = 'counter totals';
  return (error) => {
    if (error === undefined) return health.recover(totals);
    health.degrade(totals, 'the disk did not take the last totals of counters; a restart may miscount an interval');
    log.error({ err: error }, 'the last totals of counters could not be written');
  };
}

/** Exports the state of the store, and counts it as degraded while records are held back for it. */
export function observePressure(metrics: Metrics, health: Health): NonNullable<PressureOptions['onPressure']> {
  const pressed = 'telemetry store pressure';
  return ({ parts, merges, freeBytes, reason }) => {
    metrics.storeParts.set(parts);
    metrics.storeMerges.set(merges);
    metrics.storeFreeBytes.set(freeBytes);
    if (reason === '') health.recover(pressed);
    else health.degrade(pressed, reason);
  };
}

/** Exports what waits in the spool, as it is at the moment. */
export function exportBacklog(metrics: Metrics, { rows, bytes, ageSeconds }: Backlog): void {
  metrics.ingestQueuedRows.set(rows);
  metrics.spoolBytes.set(bytes);
  metrics.spoolAge.set(ageSeconds);
}

/** The same pool, with the time of each task measured, and the series counted that could not be scored. */
export function observeModels(
  models: ModelPool,
  { workerTaskDuration, detectFailures }: Pick<Metrics, 'workerTaskDuration' | 'detectFailures'>,
): ModelPool {
  function measured<Args extends unknown[], Result>(task: string, run: (...args: Args) => Promise<Result>) {
    return async (...args: Args): Promise<Result> => {
      const end = workerTaskDuration.startTimer({ task });
      try {
        const result = await run(...args);
        end({ outcome: 'succeeded' });
        return result;
      } catch (error) {
        end({ outcome: 'failed' });
        throw error;
      }
    };
  }
  return {
    forecast: measured('forecast', models.forecast),
    backtest: measured('backtest', models.backtest),
    capacity: measured('capacity', models.capacity),
    findBackend: measured('find_backend', models.findBackend),
    detect: measured('detect', async (...args: Parameters<ModelPool['detect']>) => {
      const results = await models.detect(...args);
      detectFailures.inc(results.filter(({ error }) => error !== undefined).length);
      return results;
    }),
    trainSeasonalMlp: measured('train_seasonal_mlp', models.trainSeasonalMlp),
    fitVectors: measured('fit_vectors', models.fitVectors),
    scoreVectors: measured('score_vectors', models.scoreVectors),
    judgePeers: measured('judge_peers', models.judgePeers),
    close: () => models.close(),
  };
}

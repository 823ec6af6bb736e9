import type { WriterOptions } from '../ingest/writer.ts';
import type { ModelPool } from '../models/pool.ts';
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
    health.degrade(store, `the statement ${name} failed`);
    metrics.storeQueryFailures.inc({ query: name });
    log.error({ err: error, query: name }, 'statement failed');
  };
}

/** Counts the inserts of the writer. */
export function observeFlushes(
  metrics: Metrics,
  log: Logger,
  queuedRows: () => number,
): NonNullable<WriterOptions['onFlush']> {
  return ({ table, rows, seconds, error }) => {
    metrics.ingestBatchRows.observe({ table }, rows);
    metrics.ingestFlushDuration.observe({ table, outcome: error === undefined ? 'stored' : 'failed' }, seconds);
    metrics.ingestQueuedRows.set(queuedRows());
    if (error !== undefined) log.warn({ table, rows }, 'insert failed; the senders were told to send again');
  };
}

/** The same pool, with the time of each task measured. */
export function observeModels(
  models: ModelPool,
  { workerTaskDuration }: Pick<Metrics, 'workerTaskDuration'>,
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
    detect: measured('detect', models.detect),
    trainNlinear: measured('train_nlinear', models.trainNlinear),
    close: () => models.close(),
  };
}

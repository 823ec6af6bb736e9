import type { MessagePort } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { answerCapacity } from './capacity/capacity.ts';
import { type Detector, type DetectorSettings, defaultDetectorSettings } from './detectors/detector.ts';
import { type PackedInputs, type PackedResults, type PackedSeries, packedSeries } from './detectors/packed-batch.ts';
import { getDetector } from './detectors/registry.ts';
import { buffersOf, createVerdictColumns, setVerdict, type VerdictColumns } from './detectors/verdict-columns.ts';
import { backtest } from './evaluation/backtest.ts';
import type { Forecaster, ForecastResult } from './forecasters/forecaster.ts';
import { createForecasters } from './forecasters/registry.ts';
import { fitCalibrated, scoreCalibrated } from './multivariate/calibrated.ts';
import { getMultivariate } from './multivariate/registry.ts';
import { judgePeers } from './peers/peer-position.ts';
import type { BacktestTask, DetectTask, ForecastTask, ModelTask, ModelTaskResults, ReportProgress } from './tasks.ts';

/** A task as the pool posts it; `progress` is where a training reports. */
export interface PostedTask {
  task: ModelTask;
  progress?: MessagePort;
}

/** The entry of a worker thread: runs one task and moves the columns of its result to the caller without a copy. */
export async function run({ task, progress }: PostedTask): Promise<unknown> {
  const result = await runTask(task, (report) => progress?.postMessage(report));
  progress?.close();
  const buffers = collectBuffers(task, result);
  return buffers.length === 0 ? result : move({ [transferableSymbol]: buffers, [valueSymbol]: result } as never);
}

/** Runs one task in this thread. */
export async function runTask(
  task: ModelTask,
  onProgress: ReportProgress,
): Promise<ModelTaskResults[keyof ModelTaskResults]> {
  switch (task.kind) {
    case 'forecast':
      return chooseForecaster(task).forecast(task.requests);
    case 'backtest':
      return backtest(chooseForecaster(task), task.requests);
    case 'capacity':
      return task.questions.map(answerCapacity);
    case 'findBackend': {
      const { loadBackend } = await import('./networks/backend.ts');
      return (await loadBackend(task.only)).name;
    }
    case 'detect':
      return detect(task);
    case 'fitVectors':
      return fitCalibrated(getMultivariate(task.detector), task.reference, task.options);
    case 'scoreVectors': {
      const detector = getMultivariate(task.detector);
      return task.frames.map(({ frame, fromRow, before }) =>
        scoreCalibrated(detector, task.weights, frame, fromRow, before),
      );
    }
    case 'judgePeers':
      return task.cohorts.map(judgePeers);
    case 'trainSeasonalMlp': {
      const { trainSeasonalMlp } = await import('./networks/seasonal-mlp.ts');
      return trainSeasonalMlp(task.series, task.options, { onProgress });
    }
  }
}

function chooseForecaster({ forecaster: id, trained }: ForecastTask | BacktestTask): Forecaster {
  const forecaster = createForecasters(trained).get(id);
  if (forecaster === undefined) throw new Error(`The forecaster ${id} is unknown, or its weights are missing`);
  return forecaster;
}

/** Scores each series; one that fails says so and does not keep the others from their verdicts. */
function detect({ detector: id, settings = defaultDetectorSettings, batch }: DetectTask): PackedResults {
  const detector = getDetector(id);
  const verdicts = createVerdictColumns(batch.times.length);
  const errors = new Map<number, string>();
  for (const series of packedSeries(batch)) {
    try {
      scorePoints(detector, series, batch, settings, verdicts);
    } catch (error) {
      errors.set(series.index, (error as Error).message);
    }
  }
  return { states: batch.states, verdicts, errors };
}

function scorePoints(
  detector: Detector,
  { state, isNew, isBroken, isCount, thresholdFactor, from, to }: PackedSeries,
  { times, values }: PackedInputs,
  settings: DetectorSettings,
  verdicts: VerdictColumns,
): void {
  if (isBroken) throw new Error(`its state is not one of ${detector.id}`);
  if (isNew) detector.init(state, { isCount });
  const ownSettings = { ...settings, thresholdFactor };
  for (let i = from; i < to; i++) {
    const timeMs = times[i]!;
    const value = values[i]!;
    if (!Number.isFinite(value)) throw new Error(`the value at ${new Date(timeMs).toISOString()} is not a number`);
    setVerdict(verdicts, i, detector.update(state, timeMs, value, ownSettings));
  }
}

function collectBuffers(task: ModelTask, result: unknown): ArrayBuffer[] {
  if (task.kind === 'detect') {
    const { states, verdicts } = result as PackedResults;
    return [states.buffer as ArrayBuffer, ...buffersOf(verdicts)];
  }
  if (task.kind !== 'forecast') return [];
  const columns = (result as ForecastResult[]).flatMap((each) => (each.ok ? [each.mean, ...each.quantiles] : []));
  return columns.map((column) => column.buffer as ArrayBuffer);
}

import type { MessagePort } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { answerCapacity } from './capacity/capacity.ts';
import { getDetector } from './detectors/registry.ts';
import { buffersOf, createVerdictColumns, setVerdict } from './detectors/verdict-columns.ts';
import { backtest } from './evaluation/backtest.ts';
import type { Forecaster, ForecastResult } from './forecasters/forecaster.ts';
import { createForecasters } from './forecasters/registry.ts';
import type {
  BacktestTask,
  DetectInput,
  DetectResult,
  DetectTask,
  ForecastTask,
  ModelTask,
  ModelTaskResults,
  ReportProgress,
} from './tasks.ts';

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
    case 'detect':
      return detect(task);
    case 'trainNlinear': {
      const { trainNlinear } = await import('./networks/nlinear.ts');
      return trainNlinear(task.series, task.options, { onProgress });
    }
  }
}

function chooseForecaster({ forecaster: id, trained }: ForecastTask | BacktestTask): Forecaster {
  const forecaster = createForecasters(trained).get(id);
  if (forecaster === undefined) throw new Error(`The forecaster ${id} is unknown, or its weights are missing`);
  return forecaster;
}

function detect({ detector: id, series }: DetectTask): DetectResult[] {
  const detector = getDetector(id);
  return series.map(({ state: previous, traits, points }: DetectInput) => {
    const state = previous ?? detector.init(traits);
    const verdicts = createVerdictColumns(points.times.length);
    for (let i = 0; i < points.times.length; i++) {
      setVerdict(verdicts, i, detector.update(state, points.times[i]!, points.values[i]!));
    }
    return { state, verdicts };
  });
}

function collectBuffers(task: ModelTask, result: unknown): ArrayBuffer[] {
  if (task.kind === 'detect') return (result as DetectResult[]).flatMap(({ verdicts }) => buffersOf(verdicts));
  if (task.kind !== 'forecast') return [];
  const columns = (result as ForecastResult[]).flatMap((each) => (each.ok ? [each.mean, ...each.quantiles] : []));
  return columns.map((column) => column.buffer as ArrayBuffer);
}

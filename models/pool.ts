import { fileURLToPath } from 'node:url';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { packInputs, unpackResults } from './detectors/packed-batch.ts';
import { getDetector } from './detectors/registry.ts';
import type { TrainingProgress } from './networks/train-by-adam.ts';
import type {
  BacktestTask,
  CapacityTask,
  DetectRequest,
  DetectResult,
  FindBackendTask,
  FitVectorsTask,
  ForecastTask,
  JudgePeersTask,
  ModelTask,
  ModelTaskKind,
  ScoreVectorsTask,
  TaskResult,
  TrainSeasonalMlpTask,
} from './tasks.ts';
import type { PostedTask } from './worker.ts';

export interface ModelPoolOptions {
  /** Worker threads, started when they are first needed. */
  threads: number;
  /** The JavaScript heap of each thread; a task that outgrows it fails, and the thread is replaced. */
  maxMemoryMb: number;
  /** From the call to the answer, the wait for a thread included. */
  taskTimeoutSeconds: number;
  /** So many tasks may wait for a thread, with their input in memory; one more is refused. */
  maxQueuedTasks?: number;
}

export interface TaskOptions {
  signal?: AbortSignal;
}

/** How a task is posted: what it reports to, and the memory that is handed over without a copy. */
interface SubmitOptions extends TaskOptions {
  onProgress?: (progress: TrainingProgress) => void;
  transferList?: readonly ArrayBuffer[];
}

/** Why a task gave no answer: it threw (or outgrew its memory), took too long, was given up, or too many waited. */
export type TaskFailure = 'failed' | 'timed_out' | 'aborted' | 'refused';

/** A task that gave no answer; the thread's error is the `cause`. */
export class ModelTaskError extends Error {
  override readonly name = 'ModelTaskError';
  readonly task: ModelTaskKind;
  readonly failure: TaskFailure;

  constructor(task: ModelTaskKind, failure: TaskFailure, cause: unknown) {
    const detail = cause instanceof Error ? `: ${cause.message}` : '';
    super(`The model task ${task} ${failure.replace('_', ' ')}${detail}`, { cause });
    this.task = task;
    this.failure = failure;
  }
}

/** Each method rejects with a `ModelTaskError`. Inputs are copied to the thread; results come back without a copy. */
export interface ModelPool {
  forecast(task: Omit<ForecastTask, 'kind'>, options?: TaskOptions): Promise<TaskResult<ForecastTask>>;
  backtest(task: Omit<BacktestTask, 'kind'>, options?: TaskOptions): Promise<TaskResult<BacktestTask>>;
  capacity(task: Omit<CapacityTask, 'kind'>, options?: TaskOptions): Promise<TaskResult<CapacityTask>>;
  findBackend(task: Omit<FindBackendTask, 'kind'>, options?: TaskOptions): Promise<TaskResult<FindBackendTask>>;
  detect(request: DetectRequest, options?: TaskOptions): Promise<DetectResult[]>;
  trainSeasonalMlp(
    task: Omit<TrainSeasonalMlpTask, 'kind'>,
    options?: TaskOptions & { onProgress?: (progress: TrainingProgress) => void },
  ): Promise<TaskResult<TrainSeasonalMlpTask>>;
  fitVectors(task: Omit<FitVectorsTask, 'kind'>, options?: TaskOptions): Promise<TaskResult<FitVectorsTask>>;
  scoreVectors(task: Omit<ScoreVectorsTask, 'kind'>, options?: TaskOptions): Promise<TaskResult<ScoreVectorsTask>>;
  judgePeers(task: Omit<JudgePeersTask, 'kind'>, options?: TaskOptions): Promise<TaskResult<JudgePeersTask>>;
  /** Waits for the tasks that run, aborts those that wait, ends the threads. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Threads that run the models, so that the main thread stays free for requests. An aborted or overdue task ends its
 * thread; the next task gets a fresh one.
 */
export function createModelPool({
  threads,
  maxMemoryMb,
  taskTimeoutSeconds,
  maxQueuedTasks = 1000,
}: ModelPoolOptions): ModelPool {
  const piscina = new Piscina<PostedTask, unknown>({
    filename: fileURLToPath(new URL('./worker.ts', import.meta.url)),
    name: 'run',
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: 60_000,
    resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb },
  });

  let closing: Promise<void> | undefined;

  const submit = async <T extends ModelTask>(
    task: T,
    { signal, onProgress, transferList = [] }: SubmitOptions = {},
  ): Promise<TaskResult<T>> => {
    if (closing !== undefined) throw new ModelTaskError(task.kind, 'failed', new Error('The pool is closed'));
    if (piscina.queueSize >= maxQueuedTasks)
      throw new ModelTaskError(task.kind, 'refused', new Error(`${maxQueuedTasks} tasks wait already`));
    const timeout = AbortSignal.timeout(taskTimeoutSeconds * 1000);
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    const channel = onProgress === undefined ? undefined : new MessageChannel();
    channel?.port1.on('message', onProgress!);
    try {
      const posted: PostedTask = channel === undefined ? { task } : { task, progress: channel.port2 };
      const moved = channel === undefined ? transferList : [...transferList, channel.port2];
      return (await piscina.run(posted, { signal: either, transferList: moved })) as TaskResult<T>;
    } catch (error) {
      const failure = signal?.aborted || closing !== undefined ? 'aborted' : timeout.aborted ? 'timed_out' : 'failed';
      throw new ModelTaskError(task.kind, failure, error);
    } finally {
      // What was reported last may still wait behind the answer.
      for (let last = channel && receiveMessageOnPort(channel.port1); last; last = receiveMessageOnPort(channel!.port1))
        onProgress!(last.message);
      channel?.port1.close();
    }
  };

  return {
    forecast: (task, options) => submit({ kind: 'forecast', ...task }, options),
    backtest: (task, options) => submit({ kind: 'backtest', ...task }, options),
    capacity: (task, options) => submit({ kind: 'capacity', ...task }, options),
    findBackend: (task, options) => submit({ kind: 'findBackend', ...task }, options),
    async detect({ series, ...rest }, options) {
      const { stateLength } = getDetector(rest.detector);
      const batch = packInputs(series, stateLength);
      const { lengths } = batch;
      const transferList = [batch.states, batch.times, batch.values].map(({ buffer }) => buffer as ArrayBuffer);
      const results = await submit({ kind: 'detect', ...rest, batch }, { ...options, transferList });
      return unpackResults(results, lengths, stateLength);
    },
    trainSeasonalMlp: (task, options) => submit({ kind: 'trainSeasonalMlp', ...task }, options),
    fitVectors: (task, options) => submit({ kind: 'fitVectors', ...task }, options),
    scoreVectors: (task, options) => submit({ kind: 'scoreVectors', ...task }, options),
    judgePeers: (task, options) => submit({ kind: 'judgePeers', ...task }, options),
    close() {
      closing ??= piscina.close({ force: true });
      return closing;
    },
  };
}

import type { CapacityAnswer, CapacityQuestion } from './capacity/capacity.ts';
import type { SeriesTraits } from './detectors/detector.ts';
import type { DetectorId } from './detectors/registry.ts';
import type { VerdictColumns } from './detectors/verdict-columns.ts';
import type { BacktestResult } from './evaluation/backtest.ts';
import type { ForecastRequest, ForecastResult, InsufficientHistory } from './forecasters/forecaster.ts';
import type { ForecasterId, TrainedWeights } from './forecasters/registry.ts';
import type { NlinearOptions, NlinearProgress, TrainedNlinear } from './networks/nlinear.ts';
import type { Points, RegularSeries } from './series.ts';

export interface ForecastTask {
  kind: 'forecast';
  forecaster: ForecasterId;
  requests: readonly ForecastRequest[];
  /** The weights that a trained forecaster needs; the worker keeps nothing between tasks. */
  trained?: TrainedWeights;
}

/** As a forecast, of the last `horizon` cells of each history from what is before them. */
export interface BacktestTask extends Omit<ForecastTask, 'kind'> {
  kind: 'backtest';
}

/** A series to be scored: the state that its last batch left, null for a new series, and the points since. */
export interface DetectInput {
  state: unknown;
  traits: SeriesTraits;
  points: Points;
}

export interface DetectResult {
  /** The state after the last point: plain JSON data, to be handed in with the next batch. */
  state: unknown;
  verdicts: VerdictColumns;
}

export interface DetectTask {
  kind: 'detect';
  detector: DetectorId;
  series: readonly DetectInput[];
}

export interface TrainNlinearTask {
  kind: 'trainNlinear';
  series: readonly RegularSeries[];
  options?: NlinearOptions;
}

/** When series reach their limits. */
export interface CapacityTask {
  kind: 'capacity';
  questions: readonly CapacityQuestion[];
}

/** Everything that a worker does. */
export type ModelTask = CapacityTask | ForecastTask | BacktestTask | DetectTask | TrainNlinearTask;
export type ModelTaskKind = ModelTask['kind'];

/** What each kind of task answers, in the order of its input. */
export interface ModelTaskResults {
  forecast: ForecastResult[];
  backtest: BacktestResult[];
  capacity: (CapacityAnswer | InsufficientHistory)[];
  detect: DetectResult[];
  trainNlinear: TrainedNlinear | InsufficientHistory;
}

export type TaskResult<T extends ModelTask> = ModelTaskResults[T['kind']];

/** What a worker may report while it trains. */
export type ReportProgress = (progress: NlinearProgress) => void;

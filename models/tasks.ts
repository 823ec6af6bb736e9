import type { CapacityAnswer, CapacityQuestion } from './capacity/capacity.ts';
import type { DetectorSettings, SeriesTraits } from './detectors/detector.ts';
import type { FlatState } from './detectors/flat-state.ts';
import type { PackedInputs, PackedResults } from './detectors/packed-batch.ts';
import type { DetectorId } from './detectors/registry.ts';
import type { VerdictColumns } from './detectors/verdict-columns.ts';
import type { BacktestResult } from './evaluation/backtest.ts';
import type { ForecastRequest, ForecastResult, InsufficientHistory } from './forecasters/forecaster.ts';
import type { ForecasterId, TrainedWeights } from './forecasters/registry.ts';
import type { CalibratedWeights, VectorScores } from './multivariate/calibrated.ts';
import type { Frame } from './multivariate/frame.ts';
import type { Lingering } from './multivariate/lingering.ts';
import type { FitOptions } from './multivariate/multivariate-detector.ts';
import type { MultivariateId } from './multivariate/registry.ts';
import type { BackendName } from './networks/backend.ts';
import type { SeasonalMlpOptions, TrainedSeasonalMlp } from './networks/seasonal-mlp.ts';
import type { TrainingProgress } from './networks/train-by-adam.ts';
import type { PeerMember, PeerVerdicts } from './peers/peer-position.ts';
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
  state: FlatState | null;
  traits: SeriesTraits;
  /** What people have made of its threshold; 1 when absent. */
  thresholdFactor?: number;
  points: Points;
}

export interface DetectResult {
  /** Why this series could not be scored; then there is no verdict, and the state is of no use. */
  error?: string;
  /** The state after the last point, to be handed in with the next batch. */
  state: FlatState;
  verdicts: VerdictColumns;
}

export interface DetectRequest {
  detector: DetectorId;
  /** `defaultDetectorSettings` when absent. */
  settings?: DetectorSettings;
  series: readonly DetectInput[];
}

/** As it goes to a thread. */
export interface DetectTask extends Omit<DetectRequest, 'series'> {
  kind: 'detect';
  batch: PackedInputs;
}

export interface TrainSeasonalMlpTask {
  kind: 'trainSeasonalMlp';
  series: readonly RegularSeries[];
  options?: SeasonalMlpOptions;
}

/** When series reach their limits. */
export interface CapacityTask {
  kind: 'capacity';
  questions: readonly CapacityQuestion[];
}

/** Loads the backend of the networks, and tells which it is. */
export interface FindBackendTask {
  kind: 'findBackend';
  /** The one that is allowed; undefined for the fastest there is. */
  only: BackendName | undefined;
}

/** Fits a detector of vectors to a reference. */
export interface FitVectorsTask {
  kind: 'fitVectors';
  detector: MultivariateId;
  reference: Frame;
  options?: FitOptions;
}

/** Scores the rows of each frame from its `fromRow` on; those before are context, and `before` is what lingers of them. */
export interface ScoreVectorsTask {
  kind: 'scoreVectors';
  detector: MultivariateId;
  weights: CalibratedWeights<unknown>;
  frames: readonly { frame: Frame; fromRow: number; before: Lingering | null }[];
}

/** Judges the members of each cohort by one another. */
export interface JudgePeersTask {
  kind: 'judgePeers';
  cohorts: readonly (readonly PeerMember[])[];
}

/** Everything that a worker does. */
export type ModelTask =
  | FindBackendTask
  | CapacityTask
  | ForecastTask
  | BacktestTask
  | DetectTask
  | TrainSeasonalMlpTask
  | FitVectorsTask
  | ScoreVectorsTask
  | JudgePeersTask;
export type ModelTaskKind = ModelTask['kind'];

/** What each kind of task answers, in the order of its input. */
export interface ModelTaskResults {
  forecast: ForecastResult[];
  backtest: BacktestResult[];
  capacity: (CapacityAnswer | InsufficientHistory)[];
  findBackend: BackendName;
  detect: PackedResults;
  trainSeasonalMlp: TrainedSeasonalMlp | InsufficientHistory;
  fitVectors: CalibratedWeights<unknown>;
  scoreVectors: VectorScores[];
  judgePeers: PeerVerdicts[][];
}

export type TaskResult<T extends ModelTask> = ModelTaskResults[T['kind']];

/** What a worker may report while it trains. */
export type ReportProgress = (progress: TrainingProgress) => void;

import type { Forecast, Slo } from '../sdk/typescript/answers.ts';
import type { CapacityRow } from '../sdk/typescript/planning-answers.ts';

/** What the API answers: mostly what the client of the SDK tells of it, and below what that does not ask for. */
export type {
  Agent,
  Anomaly,
  Forecast,
  Job as JobInfo,
  Run,
  Series as SeriesInfo,
  SeriesPoints,
  Slo,
  Status,
} from '../sdk/typescript/answers.ts';
export type {
  AnomalyDetail,
  Feedback,
  FeedbackEffect,
  FeedbackVerdict as Verdict,
  Finding,
  Incident,
  IncidentDetail,
  LevelShift,
} from '../sdk/typescript/on-call-answers.ts';
export type { CapacityOutlook, CapacityRow } from '../sdk/typescript/planning-answers.ts';
export type { Labels } from '../sdk/typescript/records.ts';

export type Column = readonly (number | null)[];

export interface SeriesScores {
  detector: string;
  times: readonly number[];
  scores: Column;
  expected: Column;
  lower: Column;
  upper: Column;
}

/** A forecast in a list of all series. */
export type ForecastSummary = Pick<
  Forecast,
  'seriesId' | 'metric' | 'labels' | 'unit' | 'forecaster' | 'mase' | 'issuedAt'
>;

export interface Capacity {
  asOf: string;
  /** The length of a cell of history, in which `needed` and `available` count. */
  cellSeconds: number;
  items: readonly CapacityRow[];
  /** Not null where there are more. */
  nextCursor: string | null;
}

export type SloAlert = Slo['alerts'][number];

export interface SloWithHistory extends Slo {
  history: { stepSeconds: number; times: readonly number[]; good: Column; total: Column };
}

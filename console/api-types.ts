import type { AgentState, BurnWindow } from '../telemetry/names.ts';

/** What the API answers, as the console reads it. Times are ISO 8601; arrays named `times` hold Unix milliseconds. */

export type Labels = Readonly<Record<string, string>>;
export type Column = readonly (number | null)[];

export interface Agent {
  agent: string;
  type: string;
  version: string;
  status: string;
  state: AgentState;
  firstSeenAt: string;
  lastSeenAt: string;
  heartbeatAgeSeconds: number;
  intervalSeconds: number;
  /** Within which the next heartbeat is expected: as promised, or as learned where that is longer. */
  expectedSeconds: number;
  clockSkewSeconds: number | null;
  labels: Labels;
}

export interface SeriesInfo {
  id: string;
  metric: string;
  labels: Labels;
  aggregation: string;
  unit: string;
  firstTime: string;
  lastTime: string;
}

export interface SeriesPoints {
  id: string;
  /** Length of a bucket; 0 for raw samples. */
  stepSeconds: number;
  times: readonly number[];
  values: Column;
}

export interface SeriesScores {
  detector: string;
  times: readonly number[];
  scores: Column;
  expected: Column;
  lower: Column;
  upper: Column;
}

export interface ForecastSummary {
  seriesId: string;
  metric: string;
  labels: Labels;
  unit: string;
  forecaster: string;
  /** Mean absolute scaled error on the held-out end. */
  mase: number | null;
  issuedAt: string;
}

export interface Forecast extends ForecastSummary {
  chosen: boolean;
  stepSeconds: number;
  times: readonly number[];
  mean: Column;
  levels: Column;
  /** One array a level. */
  quantiles: readonly Column[];
  /** Why it stands in for another forecast. */
  replacedBecause?: string;
  /** Of seasonal naive in the same tests as `mase`. */
  naiveMase: number | null;
  /** Up to how many steps ahead it was tested, and from how many earlier moments. */
  testedSteps: number;
  folds: number;
  /** The models it is made of, the heaviest first. */
  members: readonly ForecastMember[];
}

export interface ForecastMember {
  forecaster: string;
  weight: number;
  mase: number | null;
}

/** What was by cell, and the quantiles 0.1, 0.5 and 0.9 of what may be reached by the end of each cell ahead. */
export interface CapacityOutlook {
  times: readonly number[];
  past: Column;
  low: Column;
  middle: Column;
  high: Column;
}

export interface CapacityRow {
  seriesId: string | null;
  agent: string;
  type: string;
  labels: Labels;
  unit: string;
  series: number;
  limit: number | null;
  latest: number | null;
  passed: boolean;
  reachedAt: string | null;
  daysLeft: number | null;
  daysLeftLow: number | null;
  daysLeftHigh: number | null;
  probability: number | null;
  growthPerDay: number | null;
  reason: string | null;
  needed: number | null;
  available: number | null;
  outlook?: CapacityOutlook;
}

export interface Capacity {
  asOf: string;
  /** The length of a cell of history, in which `needed` and `available` count. */
  cellSeconds: number;
  items: readonly CapacityRow[];
}

export interface Anomaly {
  id: string;
  seriesId: string;
  metric: string;
  labels: Labels;
  unit: string;
  detector: string;
  startedAt: string;
  /** Null while it is open. */
  endedAt: string | null;
  peakAt: string;
  peakScore: number | null;
  peakValue: number | null;
  expected: number | null;
  lower: number | null;
  upper: number | null;
  maturity: number;
  reason: string;
  /** The feedback for which nobody is told of it. */
  heldBackBy: string | null;
}

/** An anomaly with the points and the band around it. */
export interface AnomalyDetail extends Anomaly {
  band: { stepSeconds: number; values: Column } & Omit<SeriesScores, 'detector'>;
  heldBackFor: Feedback | null;
  incidents: readonly { id: string; title: string }[];
}

/** A level that lasted until it was taken for what is ordinary. */
export interface LevelShift {
  id: string;
  acceptedAt: string;
  fromLevel: number | null;
  toLevel: number | null;
}

export type Verdict = 'false_alarm' | 'real' | 'expected';

export interface Feedback {
  id: string;
  anomalyId: string;
  seriesId: string;
  verdict: Verdict;
  reason: string;
  author: string;
  at: string;
}

export interface FeedbackEffect {
  days: number;
  gone: readonly { id: string }[];
  stayed: readonly { id: string }[];
  back: readonly { id: string }[];
  thresholdFactor: number;
}

export interface Incident {
  id: string;
  title: string;
  status: 'open' | 'acknowledged' | 'resolved' | 'ended' | 'merged' | 'withdrawn';
  severity: 'info' | 'warning' | 'critical';
  cause: string;
  startedAt: string;
  peakAt: string;
  /** Null while any of its findings goes on. */
  endedAt: string | null;
  peakScore: number | null;
  maturity: number;
  findingCount: number;
  agents: readonly string[];
  types: readonly string[];
  metrics: readonly string[];
  suspects: readonly { component: string; score: number; reasons: readonly string[] }[];
  mergedInto: string | null;
}

export interface Finding {
  id: string;
  kind: 'anomaly' | 'silence' | 'stuck_task';
  agent: string;
  metric: string;
  seriesId: string | null;
  startedAt: string;
  endedAt: string | null;
  score: number;
  reason: string;
}

export interface IncidentDetail extends Incident {
  findings: readonly Finding[];
  actions: readonly { action: 'acknowledged' | 'resolved'; actor: string; note: string; at: string }[];
  similar: readonly { id: string; title: string; startedAt: string; endedAt: string | null; similarity: number }[];
}

export interface SloAlert {
  severity: 'page' | 'ticket';
  long: BurnWindow;
  short: BurnWindow;
  factor: number;
  firing: boolean;
}

export interface Slo {
  id: string;
  name: string;
  description: string;
  indicator: string;
  /** An agent type or a task kind; empty for all. */
  selector: string;
  objective: number;
  windowDays: number;
  asOf: string | null;
  good: number;
  total: number;
  measuredRatio: number | null;
  indicatorRatio: number | null;
  errorBudgetRemainingRatio: number | null;
  burnRates: Readonly<Partial<Record<BurnWindow, number | null>>>;
  alerts: readonly SloAlert[];
}

export interface SloWithHistory extends Slo {
  history: { stepSeconds: number; times: readonly number[]; good: Column; total: Column };
}

export interface Run {
  id: string;
  job: string;
  trigger: string;
  from: string;
  to: string;
  status: 'running' | 'succeeded' | 'failed';
  progressRatio: number;
  startedAt: string;
  finishedAt: string | null;
  /** Counts by name. */
  result: Readonly<Record<string, number>>;
  error: string;
}

export interface JobInfo {
  id: string;
  schedule: string;
  description: string;
  watermark: string | null;
  lagSeconds: number | null;
  lastRun: Run | null;
}

export interface Status {
  version: string;
  uptimeSeconds: number;
  degradations: readonly { component: string; reason: string; since: string }[];
  counts: { agents: number; series: number } | null;
}

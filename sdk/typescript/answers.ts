import type { Labels } from './records.ts';

/** One bad field: an RFC 6901 pointer into the records that were given, and what is allowed there. */
export interface FieldProblem {
  pointer: string;
  detail: string;
}

/** The body of an error: RFC 9457 problem details. */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  errors?: FieldProblem[];
}

/** What became of the records; `errors` holds the first hundred reasons. */
export interface SendResult {
  accepted: number;
  refused: number;
  errors: FieldProblem[];
}

/** New for a while after it was first heard, recovered for a while after it was down. */
export type AgentState = 'new' | 'up' | 'late' | 'down' | 'recovered';

/** Times are ISO 8601, UTC. */
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
  /** How far the agent's clock is ahead; null while that is not known. */
  clockSkewSeconds: number | null;
  labels: Labels;
}

export interface Series {
  id: string;
  metric: string;
  labels: Labels;
  aggregation: string;
  unit: string;
  firstTime: string;
  lastTime: string;
}

/** Columns in ascending order of time; `times` in Unix milliseconds, `values` in `unit`. */
export interface SeriesPoints {
  id: string;
  metric: string;
  labels: Labels;
  unit: string;
  from: string;
  to: string;
  /** The length of a bucket; 0 for raw samples. */
  stepSeconds: number;
  times: number[];
  /** Null where there is no number. */
  values: (number | null)[];
}

export interface Forecast {
  seriesId: string;
  metric: string;
  labels: Labels;
  unit: string;
  forecaster: string;
  source: 'stored' | 'computed';
  /** Whether it is what users get, where there are several. */
  chosen: boolean;
  /** Mean absolute scaled error in tests on the past of the series; null when there were none. */
  mase: number | null;
  issuedAt: string;
  stepSeconds: number;
  /** Unix milliseconds. */
  times: number[];
  mean: (number | null)[];
  levels: number[];
  /** Level by level, as many values each as `times` has. */
  quantiles: (number | null)[][];
  /** Why it stands in for another forecast. */
  replacedBecause?: string;
  /** Of seasonal naive in the same tests. */
  naiveMase: number | null;
  /** Up to how many steps ahead it was tested, and from how many earlier moments. */
  testedSteps: number;
  folds: number;
  /** The models it is made of, the heaviest first. */
  members: { forecaster: string; weight: number; mase: number | null }[];
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
  /** Above 1 is anomalous. */
  peakScore: number | null;
  peakValue: number | null;
  expected: number | null;
  lower: number | null;
  upper: number | null;
  maturity: number;
  reason: string;
  /** The feedback for which nobody is told of it; null for none. */
  heldBackBy: string | null;
}

/** A look-back window of burn rates. */
export type BurnWindow = '5m' | '30m' | '1h' | '2h' | '6h' | '1d' | '3d';

export interface Slo {
  id: string;
  name: string;
  description: string;
  indicator: 'availability' | 'task_success';
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
  /** How many times as fast as allowed the budget is used up, by look-back window. */
  burnRates: Partial<Record<BurnWindow, number | null>>;
  alerts: { severity: 'page' | 'ticket'; long: BurnWindow; short: BurnWindow; factor: number; firing: boolean }[];
}

/** One run of a job over a window. */
export interface Run {
  id: string;
  job: string;
  trigger: 'schedule' | 'request';
  from: string;
  to: string;
  status: 'queued' | 'running' | 'succeeded' | 'failed';
  progressRatio: number;
  startedAt: string;
  finishedAt: string | null;
  /** What it counted, by name, such as the number of series. */
  result: Record<string, number>;
  error: string;
}

export interface Job {
  id: string;
  schedule: string;
  description: string;
  /** Everything before it is done. */
  watermark: string | null;
  lagSeconds: number | null;
  lastRun: Run | null;
}

export interface Status {
  version: string;
  startedAt: string;
  uptimeSeconds: number;
  stores: { telemetry: string; state: string };
  /** Processes that share the stores; null while the state store does not answer. */
  replicas: number | null;
  /** `backend` is what was asked for, `backendInUse` what a worker could load; null until that is known. */
  models: { backend: string; backendInUse: string | null; threads: number };
  degradations: { component: string; reason: string; since: string }[];
  ingest: { queuedRows: number; spoolBytes: number; oldestSeconds: number; storing: boolean; refusing: string | null };
  /** null while the telemetry store does not answer. */
  counts: { agents: number; series: number } | null;
}

import type { Anomaly } from './answers.ts';
import type { Labels } from './records.ts';

export type IncidentSeverity = 'info' | 'warning' | 'critical';
export type FeedbackVerdict = 'false_alarm' | 'real' | 'expected';

export interface Incident {
  id: string;
  title: string;
  status: 'open' | 'acknowledged' | 'resolved' | 'ended' | 'merged' | 'withdrawn';
  severity: IncidentSeverity;
  cause: 'anomalies' | 'silence' | 'fleet_silence' | 'stuck_tasks';
  startedAt: string;
  peakAt: string;
  /** Null while any of its findings goes on. */
  endedAt: string | null;
  peakScore: number | null;
  /** 0 to 1. */
  maturity: number;
  findingCount: number;
  agents: string[];
  types: string[];
  metrics: string[];
  /** The likeliest cause first; the scores of all sum to 1. */
  suspects: { component: string; score: number; reasons: string[] }[];
  mergedInto: string | null;
}

export interface Finding {
  id: string;
  kind: 'anomaly' | 'silence' | 'stuck_task';
  agent: string;
  type: string;
  taskKind: string;
  metric: string;
  seriesId: string | null;
  startedAt: string;
  endedAt: string | null;
  peakAt: string;
  score: number;
  maturity: number;
  reason: string;
}

export interface IncidentDetail extends Incident {
  findings: Finding[];
  actions: { action: 'acknowledged' | 'resolved'; actor: string; note: string; at: string }[];
  similar: { id: string; title: string; startedAt: string; endedAt: string | null; similarity: number }[];
}

/** An anomaly with the points and the band around it, as columns. */
export interface AnomalyDetail extends Anomaly {
  band: {
    stepSeconds: number;
    times: number[];
    values: (number | null)[];
    scores: (number | null)[];
    expected: (number | null)[];
    lower: (number | null)[];
    upper: (number | null)[];
    /** Why there is no band, where there was no time to compute it. */
    missing: string | null;
  };
  /** What was said, for which nobody is told of it. */
  heldBackFor: Feedback | null;
  incidents: { id: string; title: string }[];
}

/** A level that lasted until it was taken for what is ordinary. */
export interface LevelShift {
  id: string;
  seriesId: string;
  metric: string;
  labels: Labels;
  unit: string;
  detector: string;
  /** From here on the new level is what is expected. */
  acceptedAt: string;
  fromLevel: number | null;
  toLevel: number | null;
}

export interface Feedback {
  id: string;
  anomalyId: string;
  seriesId: string;
  verdict: FeedbackVerdict;
  reason: string;
  author: string;
  at: string;
}

/** What feedback does to the alarms of its series in the last days. */
export interface FeedbackEffect {
  days: number;
  gone: { id: string; startedAt: string; peakScore: number }[];
  stayed: { id: string; startedAt: string; peakScore: number }[];
  back: { id: string; startedAt: string; peakScore: number }[];
  /** What only the threshold as it is now tells. */
  found: { id: string; startedAt: string; peakScore: number }[];
  /** What only the threshold as it was before told: it is there no more. */
  withdrawn: { id: string; startedAt: string; peakScore: number }[];
  incidents: { gone: { id: string; title: string }[]; back: { id: string; title: string }[] };
  /** What is made of the threshold of the series, 0.5 to 3. */
  thresholdFactor: number;
  thresholdFactorBefore: number;
}

export interface StuckTask {
  task: string;
  kind: string;
  agent: string;
  correlationId: string;
  attempt: number;
  lastEventAt: string;
  stuckSince: string;
  limitSeconds: number;
}

/** Which alarms a detector would have given. */
export interface DetectorBacktest {
  settings: { detector: string; threshold: number; alarmsPerSeriesPerWeek: number };
  from: string;
  to: string;
  series: number;
  points: number;
  failed: string[];
  alarms: number;
  alarmsPerDay: number;
  alarmsPerSeriesPerWeek: number;
  days: { day: string; alarms: number }[];
  noisiest: { seriesId: string; metric: string; labels: Labels; alarms: number }[];
  examples: {
    seriesId: string;
    metric: string;
    labels: Labels;
    startedAt: string;
    endedAt: string;
    peakAt: string;
    peakScore: number | null;
    peakValue: number | null;
    expected: number | null;
    maturity: number;
    reason: string;
  }[];
  labels: { real: number; notReal: number; precision: number | null; recall: number | null };
}

import type { Rhythm } from './rhythm.ts';

const gibibyte = 2 ** 30;

/** A new version, some days before the end of the history, and what it costs. */
export interface Release {
  version: string;
  daysBeforeEnd: number;
  /** What the level of CPU and of durations is multiplied with, against the release before it. */
  levelFactor: number;
}

/** What the agents of one type are like. Ratios are of the whole machine. */
export interface AgentType {
  type: string;
  count: number;
  rhythm: Rhythm;
  /** At no activity, and what full activity adds. */
  cpuRatio: { idle: number; busy: number };
  memoryBytes: number;
  /** The metric that only this type has; `busy` is added at full activity. */
  ownMetric: { name: string; unit: string; idle: number; busy: number };
  /** The work of the first `agents` of them; the others' is not told, which keeps the history small. */
  task: { kind: string; agents: number; perHourWhenBusy: number; durationSeconds: number; failureRatio: number };
  /** Ascending in time; the first is what the history begins with. */
  releases: readonly Release[];
}

const beginning = Number.POSITIVE_INFINITY;

/** The fleet: 232 agents of eight types. */
export const agentTypes: readonly AgentType[] = [
  {
    type: 'testing',
    count: 126,
    rhythm: 'office',
    cpuRatio: { idle: 0.08, busy: 0.55 },
    memoryBytes: 1.5 * gibibyte,
    ownMetric: { name: 'test_suite_duration_seconds', unit: 's', idle: 95, busy: 60 },
    task: { kind: 'run-tests', agents: 12, perHourWhenBusy: 8, durationSeconds: 110, failureRatio: 0.02 },
    releases: [
      { version: '4.1.0', daysBeforeEnd: beginning, levelFactor: 1 },
      { version: '4.2.0', daysBeforeEnd: 8.6, levelFactor: 1.12 },
      { version: '4.2.1', daysBeforeEnd: 3.4, levelFactor: 0.93 },
    ],
  },
  {
    type: 'automation',
    count: 77,
    rhythm: 'office',
    cpuRatio: { idle: 0.05, busy: 0.35 },
    memoryBytes: 0.75 * gibibyte,
    ownMetric: { name: 'actions_per_minute', unit: '1/min', idle: 4, busy: 46 },
    task: { kind: 'run-playbook', agents: 10, perHourWhenBusy: 5, durationSeconds: 45, failureRatio: 0.015 },
    releases: [
      { version: '2.7.3', daysBeforeEnd: beginning, levelFactor: 1 },
      { version: '2.8.0', daysBeforeEnd: 5.2, levelFactor: 1.1 },
    ],
  },
  {
    type: 'workflow',
    count: 8,
    rhythm: 'office',
    cpuRatio: { idle: 0.12, busy: 0.4 },
    memoryBytes: 3 * gibibyte,
    ownMetric: { name: 'workflow_active_runs', unit: '1', idle: 2, busy: 14 },
    task: { kind: 'run-workflow', agents: 8, perHourWhenBusy: 10, durationSeconds: 180, failureRatio: 0.01 },
    releases: [
      { version: '1.18.0', daysBeforeEnd: beginning, levelFactor: 1 },
      { version: '1.19.0', daysBeforeEnd: 10.3, levelFactor: 0.9 },
    ],
  },
  {
    type: 'code_quality',
    count: 6,
    rhythm: 'office',
    cpuRatio: { idle: 0.06, busy: 0.6 },
    memoryBytes: 4 * gibibyte,
    ownMetric: { name: 'scan_duration_seconds', unit: 's', idle: 40, busy: 55 },
    task: { kind: 'scan-code', agents: 6, perHourWhenBusy: 6, durationSeconds: 75, failureRatio: 0.01 },
    releases: [
      { version: '9.4.1', daysBeforeEnd: beginning, levelFactor: 1 },
      { version: '9.5.0', daysBeforeEnd: 6.7, levelFactor: 1.15 },
    ],
  },
  {
    type: 'monitoring',
    count: 5,
    rhythm: 'steady',
    cpuRatio: { idle: 0.15, busy: 0.1 },
    memoryBytes: 1 * gibibyte,
    ownMetric: { name: 'probe_latency_seconds', unit: 's', idle: 0.12, busy: 0.08 },
    task: { kind: 'run-check', agents: 5, perHourWhenBusy: 6, durationSeconds: 4, failureRatio: 0.005 },
    releases: [
      { version: '3.0.2', daysBeforeEnd: beginning, levelFactor: 1 },
      { version: '3.0.3', daysBeforeEnd: 11.5, levelFactor: 1.05 },
    ],
  },
  {
    type: 'ai_ml',
    count: 5,
    rhythm: 'office',
    cpuRatio: { idle: 0.2, busy: 0.6 },
    memoryBytes: 6 * gibibyte,
    ownMetric: { name: 'inference_latency_seconds', unit: 's', idle: 0.35, busy: 0.4 },
    task: { kind: 'run-inference', agents: 5, perHourWhenBusy: 12, durationSeconds: 9, failureRatio: 0.01 },
    releases: [
      { version: '0.31.0', daysBeforeEnd: beginning, levelFactor: 1 },
      { version: '0.32.0', daysBeforeEnd: 9.1, levelFactor: 1.08 },
    ],
  },
  {
    type: 'infrastructure',
    count: 3,
    rhythm: 'nightly',
    cpuRatio: { idle: 0.1, busy: 0.5 },
    memoryBytes: 2 * gibibyte,
    ownMetric: { name: 'backup_throughput_bytes_per_second', unit: 'By/s', idle: 2e6, busy: 9e7 },
    task: { kind: 'back-up', agents: 3, perHourWhenBusy: 4, durationSeconds: 420, failureRatio: 0.01 },
    releases: [
      { version: '7.2.0', daysBeforeEnd: beginning, levelFactor: 1 },
      { version: '7.3.0', daysBeforeEnd: 7.8, levelFactor: 0.95 },
    ],
  },
  {
    type: 'security',
    count: 2,
    rhythm: 'nightly',
    cpuRatio: { idle: 0.08, busy: 0.7 },
    memoryBytes: 2.5 * gibibyte,
    ownMetric: { name: 'scan_targets_per_minute', unit: '1/min', idle: 1, busy: 30 },
    task: { kind: 'scan-host', agents: 2, perHourWhenBusy: 8, durationSeconds: 150, failureRatio: 0.02 },
    releases: [
      { version: '5.6.0', daysBeforeEnd: beginning, levelFactor: 1 },
      { version: '5.6.1', daysBeforeEnd: 2.6, levelFactor: 1.05 },
    ],
  },
];

/** A time as the API takes it: a `Date`, Unix milliseconds, or ISO 8601 with a zone. */
export type Time = Date | number | string;

/** At most 32 names and values. */
export type Labels = Record<string, string>;

/** A sign of life of an agent. */
export interface Heartbeat {
  /** Names the agent for as long as it lives. */
  agent: string;
  /** What kind of agent it is. */
  type?: string | undefined;
  version?: string | undefined;
  /** Default: the time of receipt. */
  time?: Time | undefined;
  /** Default: `ok`. */
  status?: 'ok' | 'degraded' | 'stopping' | undefined;
  /** The agent promises its next heartbeat within this time; 1 to 3600, default 60. */
  intervalSeconds?: number | undefined;
  labels?: Labels | undefined;
}

export type TaskState = 'queued' | 'started' | 'progressed' | 'succeeded' | 'failed' | 'retried' | 'dead';

/** A step in the life of a task. */
export interface TaskEvent {
  /** Names the event for ever, so that sending it again is safe. Default: derived from task, state, attempt and time. */
  eventId?: string | undefined;
  task: string;
  /** What kind of work the task is. */
  kind: string;
  state: TaskState;
  /** Who has the task; left out while nobody has. */
  agent?: string | undefined;
  /** Default: the time of receipt. */
  time?: Time | undefined;
  /** Of the attempt, with `succeeded` and `failed`. */
  durationSeconds?: number | undefined;
  /** With `progressed`, 0 to 1. */
  progressRatio?: number | undefined;
  /** From 1, the default. */
  attempt?: number | undefined;
  /** Ties together what belongs together. */
  correlationId?: string | undefined;
  /** W3C Trace Context: the span that the event is part of. */
  traceparent?: string | undefined;
  error?: string | undefined;
  attributes?: Labels | undefined;
}

/** How the values of one minute become one. */
export type Aggregation = 'avg' | 'sum' | 'min' | 'max' | 'last' | 'p50' | 'p95' | 'p99';

/** A value of a metric at a time. */
export interface Sample {
  /** With its unit last: `memory_used_bytes`. */
  metric: string;
  value: number;
  /** Default: the time of receipt. */
  time?: Time | undefined;
  /** Short for the label `agent`. */
  agent?: string | undefined;
  labels?: Labels | undefined;
  /** UCUM, such as `By`, `s` or `1`. */
  unit?: string | undefined;
  /** Default: `avg`, as for a gauge. */
  aggregation?: Aggregation | undefined;
}

import { setTimeout } from 'node:timers/promises';
import type {
  Agent,
  AgentState,
  Anomaly,
  Forecast,
  Job,
  Run,
  SendResult,
  Series,
  SeriesPoints,
  Slo,
  Status,
} from './answers.ts';
import type { Records } from './batches.ts';
import { createOnCallClient, type OnCallClient } from './on-call.ts';
import { createOperatingClient, type OperatingClient } from './operating.ts';
import { createPlanningClient, type PlanningClient } from './planning.ts';
import type { Heartbeat, Labels, Sample, TaskEvent, Time } from './records.ts';
import {
  type ConnectionOptions,
  createSendRequest,
  type QueryValue,
  type RequestOptions,
  toTimeText,
} from './request.ts';
import { type SendOptions, sendRecords } from './send.ts';

export interface SeriesFilter {
  metric?: string | undefined;
  agent?: string | undefined;
  labels?: Labels | undefined;
}

export interface TimeRange {
  from?: Time | undefined;
  to?: Time | undefined;
}

export interface AnomalyFilter extends TimeRange {
  series?: string | undefined;
  metric?: string | undefined;
  agent?: string | undefined;
  open?: boolean | undefined;
  minScore?: number | undefined;
}

export interface WaitOptions extends RequestOptions {
  /** Told of the run each time it is looked at. */
  onProgress?: ((run: Run) => void) | undefined;
  pollIntervalMs?: number | undefined;
}

/** Everything of Fleetcast's API that an agent or a tool of an operator needs. Every method throws `FleetcastError`. */
export interface FleetcastClient extends PlanningClient, OnCallClient, OperatingClient {
  /** Sends signs of life. */
  heartbeats(records: Records<Heartbeat>, options?: SendOptions): Promise<SendResult>;
  /** Sends steps in the lives of tasks. */
  events(records: Records<TaskEvent>, options?: SendOptions): Promise<SendResult>;
  /** Sends values of metrics. */
  samples(records: Records<Sample>, options?: SendOptions): Promise<SendResult>;

  agents(filter?: { type?: string; state?: AgentState }, options?: RequestOptions): Promise<Agent[]>;
  series(filter?: SeriesFilter, options?: RequestOptions): Promise<Series[]>;
  /** The values of one series; by default of the last 24 hours, in steps that fit. */
  points(
    seriesId: string,
    range?: TimeRange & { step?: 'auto' | 'raw' | 'minute' | 'hour' },
    options?: RequestOptions,
  ): Promise<SeriesPoints>;
  /** The newest first. */
  anomalies(filter?: AnomalyFilter, options?: RequestOptions): Promise<Anomaly[]>;
  /** The latest forecasts of one series, the chosen one first. */
  forecasts(seriesId: string, options?: RequestOptions): Promise<Forecast[]>;
  slos(options?: RequestOptions): Promise<Slo[]>;
  jobs(options?: RequestOptions): Promise<Job[]>;
  /** Starts a job over a window; it runs on when this returns. */
  runJob(jobId: string, window: { from: Time; to: Time }, options?: RequestOptions): Promise<Run>;
  /** Waits until a run has ended, well or not: look at its `status`. */
  waitForRun(run: Pick<Run, 'id' | 'job'>, options?: WaitOptions): Promise<Run>;
  status(options?: RequestOptions): Promise<Status>;
}

/**
 * Creates a client of the service at `url`. Requests that fail for a passing reason (no answer, 429, 503) are sent
 * again, as the service asks by `Retry-After`, a bounded number of times.
 *
 * @example
 * const fleetcast = createFleetcastClient({ url: 'http://127.0.0.1:5005' });
 * await fleetcast.heartbeats([{ agent: 'worker-17', type: 'testing', version: '1.4.2' }]);
 */
export function createFleetcastClient(connection: ConnectionOptions): FleetcastClient {
  const sendRequest = createSendRequest(connection);

  async function get<T>(
    path: string,
    query: Record<string, QueryValue> = {},
    options: RequestOptions = {},
  ): Promise<T> {
    return (await sendRequest(path, { ...options, query })).body as T;
  }

  async function list<T>(
    path: string,
    query: Record<string, QueryValue> = {},
    options: RequestOptions = {},
  ): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const page = await get<{ items: T[]; nextCursor?: string | null }>(
        path,
        { limit: 1000, ...query, cursor },
        options,
      );
      items.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return items;
  }

  async function waitForRun({ id, job }: Pick<Run, 'id' | 'job'>, options: WaitOptions = {}): Promise<Run> {
    const { onProgress, pollIntervalMs = 250, signal } = options;
    for (;;) {
      const run = await get<Run>(`${jobPath(job)}/runs/${encodeURIComponent(id)}`, {}, options);
      onProgress?.(run);
      if (run.status === 'succeeded' || run.status === 'failed') return run;
      await setTimeout(pollIntervalMs, undefined, signal ? { signal } : {});
    }
  }

  return {
    heartbeats: (records, options) => sendRecords(sendRequest, '/v1/heartbeats', records, options),
    events: (records, options) => sendRecords(sendRequest, '/v1/events', records, options),
    samples: (records, options) => sendRecords(sendRequest, '/v1/samples', records, options),
    agents: (filter, options) => list<Agent>('/v1/agents', { ...filter }, options),
    series: (filter, options) => list<Series>('/v1/series', seriesQuery(filter), options),
    points: (id, range = {}, options) =>
      get<SeriesPoints>(
        `/v1/series/${encodeURIComponent(id)}/points`,
        { step: range.step, ...rangeQuery(range) },
        options,
      ),
    anomalies: (filter = {}, options) => list<Anomaly>('/v1/anomalies', { ...filter, ...rangeQuery(filter) }, options),
    forecasts: (series, options) => list<Forecast>('/v1/forecasts', { series }, options),
    slos: (options) => list<Slo>('/v1/slos', {}, options),
    jobs: (options) => list<Job>('/v1/jobs', {}, options),
    async runJob(jobId, { from, to }, options) {
      const body = JSON.stringify({ from: toTimeText(from), to: toTimeText(to) });
      return (await sendRequest(`${jobPath(jobId)}/runs`, { ...options, method: 'POST', body })).body as Run;
    },
    waitForRun,
    ...createPlanningClient(sendRequest, list),
    ...createOnCallClient(sendRequest, list),
    ...createOperatingClient(sendRequest, list),
    status: (options) => get<Status>('/status', {}, options),
  };
}

function jobPath(jobId: string): string {
  return `/v1/jobs/${encodeURIComponent(jobId)}`;
}

function seriesQuery({ metric, agent, labels = {} }: SeriesFilter = {}): Record<string, QueryValue> {
  const byLabel = Object.entries(labels).map(([name, value]) => [`label.${name}`, value] as const);
  return { metric, agent, ...Object.fromEntries(byLabel) };
}

function rangeQuery({ from, to }: TimeRange): Record<string, QueryValue> {
  return { from: toTimeText(from), to: toTimeText(to) };
}

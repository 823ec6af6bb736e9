import type {
  Agent,
  Anomaly,
  AnomalyDetail,
  Capacity,
  Feedback,
  FeedbackEffect,
  Forecast,
  ForecastSummary,
  Incident,
  IncidentDetail,
  JobInfo,
  LevelShift,
  Run,
  SeriesInfo,
  SeriesPoints,
  SeriesScores,
  Slo,
  SloWithHistory,
  Status,
  Verdict,
} from './api-types.ts';

import type {
  AuditEntry,
  Cardinality,
  Key,
  KeyRequest,
  NewKey,
  QuarantineCount,
  QuarantinedRecord,
  Replayed,
  Tenant,
} from './operator-types.ts';

/** An answer of the API that is not a success; `message` is the detail of its problem+json. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly title: string;

  constructor({ status, title, detail }: { status: number; title: string; detail: string }) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

/** No answer came at all. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
}

export interface ApiClientOptions {
  /** Sent as a bearer token; null where none is known. */
  key: string | null;
  signal: AbortSignal;
}

type Query = Readonly<Record<string, string | number | undefined>>;

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

const pageSize = 1000;

/**
 * The API of Fleetcast, typed. Each method throws {@link ApiError} or {@link UnreachableError}, or the reason of
 * `signal` when it was aborted.
 */
export function createApiClient({ key, signal }: ApiClientOptions) {
  async function get<T>(path: string, query: Query = {}): Promise<T> {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
    const search = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    const response = await send(search === '' ? path : `${path}?${search}`);
    if (!response.ok) throw await readProblem(response);
    return (await response.json()) as T;
  }

  async function change<T>(method: 'POST' | 'DELETE', path: string, body?: object): Promise<T> {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
    const response = await send(path, { method, ...json });
    if (!response.ok) throw await readProblem(response);
    return (await response.json()) as T;
  }

  async function send(address: string, { headers = {}, ...init }: RequestInit = {}): Promise<Response> {
    const authorization = key === null ? {} : { authorization: `Bearer ${key}` };
    try {
      return await fetch(address, { signal, headers: { ...headers, ...authorization }, ...init });
    } catch (cause) {
      signal.throwIfAborted();
      throw new UnreachableError('Fleetcast does not answer', { cause });
    }
  }

  /** Follows the cursors of a list until `maxItems`. */
  async function list<T>(path: string, query: Query = {}, maxItems = pageSize): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const page = await get<Page<T>>(path, { ...query, limit: Math.min(pageSize, maxItems - items.length), cursor });
      items.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined && items.length < maxItems);
    return items;
  }

  const at = (...segments: string[]) => `/v1/${segments.map(encodeURIComponent).join('/')}`;
  return {
    status: () => get<Status>('/status'),
    agents: (query: { type?: string } = {}) => list<Agent>('/v1/agents', query, 5000),
    series: (query: { metric?: string; agent?: string } = {}, maxItems = 5000) =>
      list<SeriesInfo>('/v1/series', query, maxItems),
    oneSeries: (id: string) => get<SeriesInfo>(at('series', id)),
    points: (id: string, query: { from: number; to: number; step: string }) =>
      get<SeriesPoints>(at('series', id, 'points'), query),
    scores: (id: string, query: { from: number; to: number }) => get<SeriesScores>(at('series', id, 'scores'), query),
    /** The hundred that are reached first. */
    capacity: (query: { metric: string; limit: string; direction: string; by: string; horizonDays: number }) =>
      get<Capacity>('/v1/capacity', { ...query, outlook: 'true', pageSize: 100 }),
    forecasts: () => list<ForecastSummary>('/v1/forecasts', {}, 5000),
    forecastsOf: (series: string) => list<Forecast>('/v1/forecasts', { series }),
    anomalies: (
      query: { series?: string; agent?: string; open?: string; from?: number; to?: number },
      maxItems: number,
    ) => list<Anomaly>('/v1/anomalies', query, maxItems),
    anomaly: (id: string) => get<AnomalyDetail>(at('anomalies', id)),
    levelShifts: (query: { series: string; from: number; to: number }, maxItems: number) =>
      list<LevelShift>('/v1/level-shifts', query, maxItems),
    feedbackOn: (series: string) => list<Feedback>('/v1/feedback', { series }),
    giveFeedback: (anomaly: string, verdict: Verdict) =>
      change<{ effect: FeedbackEffect }>('POST', at('anomalies', anomaly, 'feedback'), { verdict }),
    withdrawFeedback: (id: string) => change<FeedbackEffect>('DELETE', at('feedback', id)),
    incidents: (query: { open?: string; severity?: string; agent?: string }, maxItems: number) =>
      list<Incident>('/v1/incidents', query, maxItems),
    incident: (id: string) => get<IncidentDetail>(at('incidents', id)),
    actOnIncident: (id: string, action: 'acknowledge' | 'resolve') =>
      change<Incident>('POST', at('incidents', id, action), {}),
    /** The body of the stream of events, from now on. */
    stream: async () => (await send('/v1/stream', { headers: { accept: 'text/event-stream' } })).body,
    slos: () => list<Slo>('/v1/slos'),
    slo: (id: string) => get<SloWithHistory>(at('slos', id)),
    jobs: () => list<JobInfo>('/v1/jobs'),
    keys: () => list<Key>('/v1/keys'),
    createKey: (key: KeyRequest) => change<NewKey>('POST', '/v1/keys', key),
    rotateKey: (id: string) => change<NewKey>('POST', at('keys', id, 'rotate'), {}),
    revokeKey: (id: string) => change<Key>('DELETE', at('keys', id)),
    tenants: () => list<Tenant>('/v1/tenants'),
    createTenant: (tenant: Pick<Tenant, 'id' | 'name'> & Partial<Tenant>) =>
      change<Tenant>('POST', '/v1/tenants', tenant),
    createTenantKey: (tenant: string, key: KeyRequest) => change<NewKey>('POST', at('tenants', tenant, 'keys'), key),
    audit: (maxItems: number) => list<AuditEntry>('/v1/audit', {}, maxItems),
    cardinality: () => get<Cardinality>('/v1/cardinality'),
    quarantine: (query: { reason?: string }, maxItems: number) =>
      list<QuarantinedRecord>('/v1/quarantine', query, maxItems),
    quarantineCounts: () => list<QuarantineCount>('/v1/quarantine/counts'),
    replay: (which: { ids?: string[]; source?: string; kind?: string; reason?: string }) =>
      change<Replayed>('POST', '/v1/quarantine/replay', which),
    runs: (job: string, maxItems: number) => list<Run>(at('jobs', job, 'runs'), {}, maxItems),
  };
}

export type ApiClient = ReturnType<typeof createApiClient>;

async function readProblem(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as { title?: string; detail?: string };
  return new ApiError({
    status: response.status,
    title: body.title ?? `Error ${response.status}`,
    detail: body.detail ?? 'the answer does not say why',
  });
}

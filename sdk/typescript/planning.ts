import type { Forecast } from './answers.ts';
import type { CapacityRow, ForecastBacktest, LedgerRow, MaintenanceWindow, Model } from './planning-answers.ts';
import type { Time } from './records.ts';
import { type QueryValue, type RequestOptions, type SendRequest, toTimeText } from './request.ts';

export interface CapacityQuestion {
  metric: string;
  /** A number for all, or the name of the metric that holds the limit of each. */
  limit: number | string;
  direction?: 'above' | 'below';
  by?: 'series' | 'agent' | 'type' | 'fleet';
  combine?: 'sum' | 'avg' | 'max' | 'min';
  agent?: string;
  type?: string;
  series?: string;
  horizonDays?: number;
}

export interface BacktestQuestion {
  selector: { metric?: string; agent?: string; type?: string; series?: string };
  /** In hours. */
  horizon?: number;
  folds?: number;
  interval?: number;
  forecaster?: string;
}

/** What a planner asks: capacity, forecasts and how good they are, models, maintenance. */
export interface PlanningClient {
  /** When a metric reaches a limit, the first to be reached first. */
  capacity(question: CapacityQuestion, options?: RequestOptions): Promise<CapacityRow[]>;
  /** One forecast with the horizon (in hours) and the quantiles of your choice, computed where it is not stored. */
  forecast(
    seriesId: string,
    wish?: { horizon?: number; quantiles?: readonly number[]; forecaster?: string },
    options?: RequestOptions,
  ): Promise<Forecast>;
  /** How forecasts of a selection would have done in the past. */
  backtestForecasts(question: BacktestQuestion, options?: RequestOptions): Promise<ForecastBacktest>;
  /** How stored forecasts did once their time had come. */
  forecastLedger(
    filter?: { series?: string; metric?: string; forecaster?: string; days?: number },
    options?: RequestOptions,
  ): Promise<LedgerRow[]>;
  /** The versions of trained models, by kind, newest first. */
  models(filter?: { kind?: string }, options?: RequestOptions): Promise<Model[]>;
  promoteModel(id: string, reason?: string, options?: RequestOptions): Promise<Model>;
  /** Goes back to the version that was in use before, of a kind or of the model in use. */
  rollbackModel(idOrKind: string, reason?: string, options?: RequestOptions): Promise<Model>;
  maintenanceWindows(range?: { from?: Time; to?: Time }, options?: RequestOptions): Promise<MaintenanceWindow[]>;
  addMaintenanceWindow(
    window: { agent?: string; type?: string; metric?: string; from: Time; to: Time; reason?: string },
    options?: RequestOptions,
  ): Promise<MaintenanceWindow>;
  removeMaintenanceWindow(id: string, options?: RequestOptions): Promise<void>;
}

/** Reads every page of a list. */
type ReadList = <T>(path: string, query?: Record<string, QueryValue>, options?: RequestOptions) => Promise<T[]>;

/** The part of the client that planners use. */
export function createPlanningClient(sendRequest: SendRequest, list: ReadList): PlanningClient {
  async function post<T>(path: string, body: object, options: RequestOptions = {}): Promise<T> {
    return (await sendRequest(path, { ...options, method: 'POST', body: JSON.stringify(body) })).body as T;
  }
  const modelPath = (id: string, action: string) => `/v1/models/${encodeURIComponent(id)}/${action}`;

  async function capacity({ limit, ...question }: CapacityQuestion, options?: RequestOptions): Promise<CapacityRow[]> {
    const query = { ...question, ...(typeof limit === 'number' ? { limit } : { limitMetric: limit }), pageSize: 1000 };
    const rows: CapacityRow[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await sendRequest('/v1/capacity', { ...options, query: { ...query, cursor } });
      const page = body as { items: CapacityRow[]; nextCursor: string | null };
      rows.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return rows;
  }

  return {
    capacity,
    async forecast(series, { quantiles, ...wish } = {}, options) {
      const query = { series, ...wish, quantiles: quantiles?.join(',') };
      const { body } = await sendRequest('/v1/forecasts', { ...options, query });
      return (body as { items: Forecast[] }).items[0]!;
    },
    backtestForecasts: (question, options) => post('/v1/forecasts/backtest', question, options),
    forecastLedger: (filter, options) => list<LedgerRow>('/v1/forecasts/ledger', { ...filter }, options),
    models: (filter, options) => list<Model>('/v1/models', { ...filter }, options),
    promoteModel: (id, reason = '', options) => post(modelPath(id, 'promote'), { reason }, options),
    rollbackModel: (id, reason = '', options) => post(modelPath(id, 'rollback'), { reason }, options),
    maintenanceWindows: ({ from, to } = {}, options) =>
      list<MaintenanceWindow>('/v1/maintenance', { from: toTimeText(from), to: toTimeText(to) }, options),
    addMaintenanceWindow: ({ from, to, ...window }, options) =>
      post('/v1/maintenance', { ...window, from: toTimeText(from), to: toTimeText(to) }, options),
    async removeMaintenanceWindow(id, options) {
      await sendRequest(`/v1/maintenance/${encodeURIComponent(id)}`, { ...options, method: 'DELETE' });
    },
  };
}

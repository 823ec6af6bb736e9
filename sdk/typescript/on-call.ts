import type {
  AnomalyDetail,
  DetectorBacktest,
  Feedback,
  FeedbackEffect,
  FeedbackVerdict,
  Incident,
  IncidentDetail,
  IncidentSeverity,
  LevelShift,
  StuckTask,
} from './on-call-answers.ts';
import type { Labels, Time } from './records.ts';
import { type QueryValue, type RequestOptions, type SendRequest, toTimeText } from './request.ts';

export interface IncidentFilter {
  open?: boolean;
  severity?: IncidentSeverity;
  cause?: Incident['cause'];
  agent?: string;
  type?: string;
  metric?: string;
  from?: Time;
  to?: Time;
}

export interface LevelShiftFilter {
  series?: string;
  metric?: string;
  agent?: string;
  from?: Time;
  to?: Time;
}

export interface DetectorBacktestQuestion {
  selector: { series?: string[]; metric?: string; agent?: string; labels?: Labels };
  settings?: { detector?: string; threshold?: number; alarmsPerSeriesPerWeek?: number };
  from: Time;
  to: Time;
  /** Before `from`, to learn from. */
  warmUpDays?: number;
}

/** What an on-call asks and answers: incidents, anomalies, feedback, stuck tasks, and whether a detector is worth its alarms. */
export interface OnCallClient {
  /** The newest first. */
  incidents(filter?: IncidentFilter, options?: RequestOptions): Promise<Incident[]>;
  incident(id: string, options?: RequestOptions): Promise<IncidentDetail>;
  /** Says that somebody looks after it. */
  acknowledgeIncident(id: string, note?: string, options?: RequestOptions): Promise<Incident>;
  /** Says that it is over: what is found from now on belongs to another. */
  resolveIncident(id: string, note?: string, options?: RequestOptions): Promise<Incident>;
  anomaly(id: string, options?: RequestOptions): Promise<AnomalyDetail>;
  /** The levels that were accepted as new, the newest first. */
  levelShifts(filter?: LevelShiftFilter, options?: RequestOptions): Promise<LevelShift[]>;
  /** Says what an anomaly was; answers what that does to the alarms of its series. */
  giveFeedback(
    anomalyId: string,
    feedback: { verdict: FeedbackVerdict; reason?: string; author?: string },
    options?: RequestOptions,
  ): Promise<{ feedback: Feedback; effect: FeedbackEffect }>;
  feedback(filter?: { series?: string; anomaly?: string }, options?: RequestOptions): Promise<Feedback[]>;
  withdrawFeedback(id: string, options?: RequestOptions): Promise<FeedbackEffect>;
  /** The longest first. */
  stuckTasks(filter?: { kind?: string; agent?: string }, options?: RequestOptions): Promise<StuckTask[]>;
  /** Which alarms a detector would have given. */
  backtestDetector(question: DetectorBacktestQuestion, options?: RequestOptions): Promise<DetectorBacktest>;
}

/** Reads every page of a list. */
type ReadList = <T>(path: string, query?: Record<string, QueryValue>, options?: RequestOptions) => Promise<T[]>;

/** The part of the client that an on-call uses. */
export function createOnCallClient(sendRequest: SendRequest, list: ReadList): OnCallClient {
  async function post<T>(path: string, body: object, options: RequestOptions = {}): Promise<T> {
    return (await sendRequest(path, { ...options, method: 'POST', body: JSON.stringify(body) })).body as T;
  }
  async function get<T>(path: string, options: RequestOptions = {}): Promise<T> {
    return (await sendRequest(path, options)).body as T;
  }
  const at = (...segments: string[]) => `/v1/${segments.map(encodeURIComponent).join('/')}`;

  return {
    incidents: ({ from, to, ...filter } = {}, options) =>
      list('/v1/incidents', { ...filter, from: toTimeText(from), to: toTimeText(to) }, options),
    incident: (id, options) => get(at('incidents', id), options),
    acknowledgeIncident: (id, note = '', options) => post(at('incidents', id, 'acknowledge'), { note }, options),
    resolveIncident: (id, note = '', options) => post(at('incidents', id, 'resolve'), { note }, options),
    anomaly: (id, options) => get(at('anomalies', id), options),
    levelShifts: ({ from, to, ...filter } = {}, options) =>
      list('/v1/level-shifts', { ...filter, from: toTimeText(from), to: toTimeText(to) }, options),
    giveFeedback: (id, feedback, options) => post(at('anomalies', id, 'feedback'), feedback, options),
    feedback: (filter, options) => list('/v1/feedback', { ...filter }, options),
    async withdrawFeedback(id, options) {
      return (await sendRequest(at('feedback', id), { ...options, method: 'DELETE' })).body as FeedbackEffect;
    },
    stuckTasks: (filter, options) => list('/v1/tasks/stuck', { ...filter }, options),
    backtestDetector: ({ from, to, ...question }, options) =>
      post('/v1/detectors/backtest', { ...question, from: toTimeText(from), to: toTimeText(to) }, options),
  };
}

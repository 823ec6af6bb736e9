/** Says in two or three sentences what an anomaly is, for the person on call. It explains; it decides nothing. */
export interface Explainer {
  /** The name of the model that writes. */
  readonly model: string;
  /**
   * @throws LanguageModelError when no usable text comes back, and the reason of `signal` when the caller aborts.
   * Nothing is tried twice.
   */
  explain(facts: AnomalyFacts, options: { signal?: AbortSignal | undefined }): Promise<Explanation>;
}

export interface Explanation {
  /** Plain text on one line, without markup or links, at most 600 characters. */
  text: string;
  model: string;
}

/** All that the model is told. Values are in `unit`; metric, labels and reason may hold any text, even hostile text. */
export interface AnomalyFacts {
  metric: string;
  /** Empty when it is not known. */
  unit: string;
  labels: Readonly<Record<string, string>>;
  startedAt: Date;
  /** Null while the anomaly is open. */
  endedAt: Date | null;
  peakAt: Date;
  peakValue: number;
  /** What was expected at the peak, and the band around it. */
  expected: number;
  lower: number;
  upper: number;
  /** Of the peak; above 1 is anomalous. */
  score: number;
  /** The phrase of the detector. */
  reason: string;
  /** The last values of the series, the oldest first. */
  recentValues: readonly number[];
  /** What else was anomalous at the same time. */
  otherAnomalies: readonly OtherAnomaly[];
}

export interface OtherAnomaly {
  metric: string;
  labels: Readonly<Record<string, string>>;
  startedAt: Date;
}

/**
 * Why there is no explanation:
 * `unreachable`, no server answered or the connection broke; `timeout`, it took too long;
 * `refused`, it answered with another status than 2xx; `bad_answer`, no text could be read from the answer.
 */
export type LanguageModelErrorKind = 'unreachable' | 'timeout' | 'refused' | 'bad_answer';

/** `message` is for the caller and names no host; `cause` is for the operator and is only logged. */
export class LanguageModelError extends Error {
  override readonly name = 'LanguageModelError';
  readonly kind: LanguageModelErrorKind;

  constructor(kind: LanguageModelErrorKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

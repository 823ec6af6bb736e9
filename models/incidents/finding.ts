/** What a finding is about: a series out of the ordinary, an agent that is not heard, a task that does not go on. */
export const findingKinds = ['anomaly', 'silence', 'stuck_task'] as const;
export type FindingKind = (typeof findingKinds)[number];

/** Something that went wrong for a time. Times are Unix milliseconds; empty text is unknown. */
export interface Finding {
  id: string;
  kind: FindingKind;
  agent: string;
  /** The type of the agent. */
  type: string;
  /** The kind of the tasks that it is about. */
  taskKind: string;
  /** The workflow, or the correlation id. */
  workflow: string;
  metric: string;
  seriesId: string;
  startMs: number;
  /** Null while it goes on. */
  endMs: number | null;
  peakMs: number;
  /** As an anomaly score: above 1, and the same everywhere. */
  score: number;
  /** 0 to 1. */
  maturity: number;
  reason: string;
  /** Its start is known no better than this. */
  resolutionMs: number;
}

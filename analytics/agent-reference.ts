import type { CalibratedWeights } from '../models/multivariate/calibrated.ts';

/** What agents of one type show together: the weights of a model of kind `agent-vectors-TYPE`, as JSON. */
export interface AgentReference {
  type: string;
  /** The columns of a vector, as `AgentSeries.dimension`. */
  dimensions: string[];
  /** 0 to 1: a week of data is all that is needed. */
  maturity: number;
  weights: CalibratedWeights<unknown>;
}

export function referenceKind(type: string): string {
  return `agent-vectors-${type}`;
}

import type { CalibratedWeights } from '../models/multivariate/calibrated.ts';

/** What agents of one type show together: the weights of a model of kind `agent-vectors-TYPE`, as JSON. */
export interface AgentReference {
  type: string;
  /** The columns of a vector, as `AgentSeries.dimension`. */
  dimensions: string[];
  /** 0 to 1: a week of data is all that is needed. */
  maturity: number;
  /**
   * The median of each series while the reference was taken: vectors are deviations from it, for agents of one type
   * differ in their levels. An agent without them is not scored until the next training.
   */
  centres: Record<string, number>;
  weights: CalibratedWeights<unknown>;
}

export function referenceKind(type: string): string {
  return `agent-vectors-${type}`;
}

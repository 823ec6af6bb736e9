import { type CalibratedWeights, scoreCalibrated } from '../models/multivariate/calibrated.ts';
import { getMultivariate, type MultivariateId, multivariateIds } from '../models/multivariate/registry.ts';
import { minuteMs } from './agent-points.ts';
import { createWeightsInUse, type WeightsInUseDeps } from './weights-in-use.ts';

/** What agents of one type show together: the weights of a model of kind `agent-vectors-TYPE`, as JSON. */
export interface AgentReference {
  type: string;
  /** The detector that was fitted: a version of one may follow, or be followed by, a version of another. */
  detector: MultivariateId;
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

/** The reference in use of a tenant's type of agents; undefined when there is none that can be used. */
export type AgentReferences = (tenant: string, type: string) => Promise<AgentReference | undefined>;

/** Agents of a type whose reference is damaged are judged by their peers alone. */
export function createAgentReferences(deps: WeightsInUseDeps): AgentReferences {
  const weightsInUse = createWeightsInUse(deps, {
    component: 'agent vectors',
    without: 'agents of the type are judged by their peers alone',
    parse: checkReference,
  });
  return (tenant, type) => weightsInUse(tenant, referenceKind(type));
}

/** @throws Error when it cannot score a row. */
function checkReference(stored: unknown): AgentReference {
  const reference = stored as AgentReference;
  const { detector, dimensions, weights } = reference;
  if (!multivariateIds.includes(detector)) throw new Error(`the detector ${detector} is unknown`);
  const row = { startMs: 0, stepMs: minuteMs, width: dimensions.length, values: new Float32Array(dimensions.length) };
  const { score } = scoreCalibrated(getMultivariate(detector), weights, row);
  if (!score.every(Number.isFinite)) throw new Error('a row has no score');
  return reference;
}

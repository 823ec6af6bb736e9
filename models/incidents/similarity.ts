/** What an incident is recognised by. */
export interface IncidentTraits {
  cause: string;
  metrics: readonly string[];
  types: readonly string[];
  suspects: readonly { component: string }[];
}

/**
 * How alike two incidents are, 0 to 1: the Jaccard index of their cause, metrics, agent types and first suspect.
 *
 * @example
 * similarity({ cause: 'anomalies', metrics: ['cpu'], types: ['web'], suspects: [] },
 *            { cause: 'anomalies', metrics: ['cpu'], types: ['db'], suspects: [] }) // 2 of 4: 0.5
 */
export function similarity(a: IncidentTraits, b: IncidentTraits): number {
  const [left, right] = [tokensOf(a), tokensOf(b)];
  const shared = [...left].filter((token) => right.has(token)).length;
  return shared / (left.size + right.size - shared);
}

function tokensOf({ cause, metrics, types, suspects }: IncidentTraits): Set<string> {
  return new Set([
    `cause ${cause}`,
    ...metrics.map((metric) => `metric ${metric}`),
    ...types.map((type) => `type ${type}`),
    ...suspects.slice(0, 1).map(({ component }) => `suspect ${component}`),
  ]);
}

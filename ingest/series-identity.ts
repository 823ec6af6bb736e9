/** What a series may be called at most, in every protocol; budgets may hold a tenant to less. */
export const identityLimits = { metricLength: 200, labels: 128, labelNameLength: 200, labelValueLength: 2000 } as const;

/** What does not name a series: why, and what came. */
export class UnfitSeries {
  readonly problem: string;
  readonly metric: string;
  /** Name, value, name, value, and so on. */
  readonly pairs: readonly string[];

  constructor(problem: string, metric: string, pairs: readonly string[]) {
    this.problem = problem;
    this.metric = metric;
    this.pairs = pairs;
  }
}

export interface SeriesIdentity {
  metric: string;
  labels: Record<string, string>;
}

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:.]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const controlCharacter = /[\u0000-\u001f\u007f]/;

/**
 * The identity of a series out of a metric's name and pairs of label names and values, as other systems give them.
 * Characters that a name may not have become `_`; of two names that become one, the values are joined by `;`, as the
 * OpenTelemetry specification says for Prometheus. A label without a value is no label. Without a label `agent`, the
 * first of `agentLabels` names the agent.
 *
 * @param pairs name, value, name, value, and so on.
 * @returns the identity, or what is wrong with it.
 * @example
 * identify('up', ['job', 'node', 'instance', 'db-1:9100'], ['instance', 'job'])
 * // { metric: 'up', labels: { job: 'node', instance: 'db-1:9100', agent: 'db-1:9100' } }
 */
export function identify(
  metric: string,
  pairs: readonly string[],
  agentLabels: readonly string[],
): SeriesIdentity | UnfitSeries {
  const unfit = (problem: string) => new UnfitSeries(problem, metric, pairs);
  const name = metricName.test(metric) ? metric : metric.replace(/[^a-zA-Z0-9_:.]/g, '_').replace(/^(?=[\d.])/, '_');
  if (metric === '') return unfit('a series has no name');
  if (name.length > identityLimits.metricLength)
    return unfit(`a metric's name has ${name.length} characters; allowed: ${identityLimits.metricLength}`);
  const labels: Record<string, string> = Object.create(null);
  let count = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    const value = pairs[i + 1]!;
    if (value === '') continue;
    const label = labelNameOf(pairs[i]!);
    const wrong = wrongWithLabel(metric, label, value);
    if (wrong !== undefined) return unfit(wrong);
    const before = labels[label];
    if (before === undefined) count++;
    labels[label] = before === undefined ? value : `${before};${value}`;
  }
  if (count > identityLimits.labels) return unfit(`${metric} has ${count} labels; allowed: ${identityLimits.labels}`);
  const agentLabel = agentLabels.find((each) => labels[each] !== undefined);
  if (labels.agent === undefined && agentLabel !== undefined) labels.agent = labels[agentLabel]!;
  return { metric: name, labels };
}

/** A name of a label with `_` for what a label may not have. */
export function labelNameOf(name: string): string {
  return labelName.test(name) ? name : name.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d|$)/, '_');
}

function wrongWithLabel(metric: string, name: string, value: string): string | undefined {
  const { labelNameLength, labelValueLength } = identityLimits;
  const shown = `label ${name.slice(0, labelNameLength)} of ${metric}`;
  if (name.length > labelNameLength)
    return `${shown}: the name has ${name.length} characters; allowed: ${labelNameLength}`;
  if (value.length > labelValueLength) return `${shown} has ${value.length} characters; allowed: ${labelValueLength}`;
  if (controlCharacter.test(value)) return `${shown}: control characters are not allowed`;
  return undefined;
}

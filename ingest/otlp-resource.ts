import { type AttributePairs, attributeOf } from './otlp-attributes.ts';

/**
 * The attributes of a resource that become labels of its series. The others tell much of a process that does not tell
 * one series from another, or, as a version, would begin a new series at each release.
 */
export const resourceLabels = [
  'service.name',
  'service.namespace',
  'deployment.environment.name',
  'deployment.environment',
  'host.name',
  'cloud.region',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.deployment.name',
] as const;

export interface Resource {
  /** `service.name/service.instance.id`, or the name alone. */
  agent: string;
  /** The labels that its series have, the agent among them. */
  labels: AttributePairs;
}

/** What a resource is called here. */
export function resourceOf(attributes: AttributePairs): Resource {
  const service = attributeOf(attributes, 'service.name') ?? '';
  const instance = attributeOf(attributes, 'service.instance.id') ?? '';
  const agent = [service, instance].filter(Boolean).join('/');
  const labels = resourceLabels.flatMap((name) => {
    const value = attributeOf(attributes, name);
    return value === undefined ? [] : [name, value];
  });
  return { agent, labels: agent === '' ? labels : ['agent', agent, ...labels] };
}

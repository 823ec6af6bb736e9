import type { Sample } from '../../sdk/typescript/records.ts';
import type { DemoAgent } from './fleet.ts';
import { driftAt, normalAt, seedOf, uniformAt } from './noise.ts';
import { deployedAt } from './releases.ts';
import { activityAt } from './rhythm.ts';
import { isSilent, leakedBytes, overloadAt, type Scenario } from './scenario.ts';
import { gridTimes, type TimeWindow } from './window.ts';

const hourMs = 3_600_000;
/** How long the noise that drifts stays alike. */
const driftMs = 3 * hourMs;

/** What an agent measures at a time, in the unit of the metric. */
export interface Measured {
  cpuRatio: number;
  memoryBytes: number;
  own: number;
}

/**
 * The samples of an agent in a window, ascending in time, every `stepMs`: CPU, memory and the metric of its type.
 * `isStaggered` spreads the agents over the step, as agents that live are.
 */
export function* samplesOf(
  agent: DemoAgent,
  scenario: Scenario,
  window: TimeWindow,
  stepMs: number,
  isStaggered = false,
): Generator<Sample> {
  const { name, type, seed } = agent;
  const offsetMs = isStaggered ? Math.floor(uniformAt(seed, 1) * stepMs) : 0;
  for (const time of gridTimes(window, stepMs, offsetMs)) {
    if (isSilent(scenario, name, time)) continue;
    const { cpuRatio, memoryBytes, own } = measuredAt(agent, scenario, time);
    yield { agent: name, time, metric: 'cpu_usage_ratio', value: round(cpuRatio), unit: '1' };
    yield { agent: name, time, metric: 'memory_used_bytes', value: Math.round(memoryBytes), unit: 'By' };
    yield { agent: name, time, metric: type.ownMetric.name, value: round(own), unit: type.ownMetric.unit };
  }
}

/** What an agent measures at a time: rhythm, size, release, noise, and what the scenario does to it. */
export function measuredAt(agent: DemoAgent, scenario: Scenario, timeMs: number): Measured {
  const { name, type, sizeFactor, seed } = agent;
  const overload = overloadAt(scenario, type.type, timeMs);
  const activity = Math.min(
    1.5,
    activityAt(type.rhythm, timeMs) * (1 + 0.1 * drift(seed, 'activity', timeMs)) + overload,
  );
  const level = deployedAt(agent, scenario, timeMs).levelFactor * sizeFactor;
  const cpu = level * (type.cpuRatio.idle + type.cpuRatio.busy * activity) * (1 + 0.04 * noise(seed, 'cpu', timeMs));
  const baseBytes = type.memoryBytes * sizeFactor;
  const memory =
    baseBytes * (1 + 0.1 * activity + 0.01 * drift(seed, 'memory', timeMs) + 0.004 * noise(seed, 'memory', timeMs));
  const own = level * (type.ownMetric.idle + type.ownMetric.busy * activity) * (1 + 0.05 * noise(seed, 'own', timeMs));
  return {
    cpuRatio: Math.min(1, Math.max(0, cpu)),
    memoryBytes: memory + leakedBytes(scenario, name, baseBytes, timeMs),
    own: Math.max(0, own),
  };
}

function noise(seed: number, name: string, timeMs: number): number {
  return normalAt(seed ^ seedOf(name), timeMs);
}

function drift(seed: number, name: string, timeMs: number): number {
  return driftAt(seed ^ seedOf('drift', name), timeMs / driftMs);
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}

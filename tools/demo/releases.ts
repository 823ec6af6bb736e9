import type { Release } from './agent-types.ts';
import type { DemoAgent } from './fleet.ts';
import { uniformAt } from './noise.ts';
import { isCrashLooping, type Scenario } from './scenario.ts';

const dayMs = 86_400_000;
/** A release reaches the agents one after the other. */
const rolloutMs = 45 * 60_000;

/** What runs on an agent at a time. */
export interface Deployed {
  version: string;
  /** What all its releases so far made of the level. */
  levelFactor: number;
}

/** The release that an agent has at a time; the agent of the crash loop has its bad version meanwhile. */
export function deployedAt(agent: DemoAgent, scenario: Scenario, timeMs: number): Deployed {
  const releases = agent.type.releases.filter((release) => releasedAtMs(release, agent, scenario) <= timeMs);
  const levelFactor = releases.reduce((product, release) => product * release.levelFactor, 1);
  const version = isCrashLooping(scenario, agent.name, timeMs) ? scenario.crashLoop.version : releases.at(-1)!.version;
  return { version, levelFactor };
}

function releasedAtMs({ version, daysBeforeEnd }: Release, { seed }: DemoAgent, { endMs }: Scenario): number {
  return endMs - daysBeforeEnd * dayMs + uniformAt(seed, version.length) * rolloutMs;
}

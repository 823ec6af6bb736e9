import type { Heartbeat } from '../../sdk/typescript/records.ts';
import type { DemoAgent } from './fleet.ts';
import { uniformAt } from './noise.ts';
import { deployedAt } from './releases.ts';
import { isCrashLooping, isSilent, type Scenario } from './scenario.ts';
import { gridTimes, type TimeWindow } from './window.ts';

/** Timers are not exact. */
const jitterMs = 1500;
/** How many heartbeats the network loses. */
const lostRatio = 0.00005;

/** The heartbeats of an agent in a window, ascending in time, about every `intervalMs`; none while it is silent. */
export function* heartbeatsOf(
  agent: DemoAgent,
  scenario: Scenario,
  window: TimeWindow,
  intervalMs: number,
): Generator<Heartbeat> {
  const { name, type, seed } = agent;
  const offsetMs = Math.floor(uniformAt(seed, 2) * (intervalMs - jitterMs));
  const earlier = { fromMs: window.fromMs - jitterMs, toMs: window.toMs };
  for (const due of gridTimes(earlier, intervalMs, offsetMs)) {
    const time = due + Math.floor(uniformAt(seed ^ 0x68656172, due) * jitterMs);
    const isLost = uniformAt(seed ^ 0x6c6f7374, due) < lostRatio;
    if (time < window.fromMs || time >= window.toMs || isLost || isSilent(scenario, name, time)) continue;
    yield {
      agent: name,
      type: type.type,
      version: deployedAt(agent, scenario, time).version,
      time,
      status: isCrashLooping(scenario, name, time) ? 'degraded' : 'ok',
      intervalSeconds: intervalMs / 1000,
      labels: labelsOf(agent, scenario),
    };
  }
}

function labelsOf({ name, seed }: DemoAgent, { leak }: Scenario): Record<string, string> {
  const region = uniformAt(seed, 3) < 0.6 ? 'eu-west-1' : 'us-east-1';
  return name === leak.agent ? { region, memory_limit_bytes: String(leak.limitBytes) } : { region };
}

import type { TaskEvent, TaskState } from '../../sdk/typescript/records.ts';
import type { DemoAgent } from './fleet.ts';
import { normalAt, uniformAt } from './noise.ts';
import { deployedAt } from './releases.ts';
import { activityAt } from './rhythm.ts';
import { isCrashLooping, overloadAt, type Scenario } from './scenario.ts';
import type { TimeWindow } from './window.ts';

const hourMs = 3_600_000;
const slotMs = 600_000;
/** No task lives longer, so that the events of a window come from tasks queued at most so long before it. */
const longestLifeMs = 4 * hourMs;
const crashFailureRatio = 0.6;
/** Of the tasks that failed once, so many are given up. */
const deadRatio = 0.3;

/**
 * The events of the tasks that fall to an agent, in a window, ascending in time: queued, started, succeeded or failed;
 * what failed is tried once more or is dead.
 */
export function taskEventsOf(agent: DemoAgent, scenario: Scenario, { fromMs, toMs }: TimeWindow): TaskEvent[] {
  const events: TaskEvent[] = [];
  const firstSlot = Math.floor((fromMs - longestLifeMs) / slotMs);
  for (let slot = firstSlot; slot * slotMs < toMs; slot++) {
    for (let place = 0; place < tasksInSlot(agent, scenario, slot); place++) {
      for (const event of lifeOf(agent, scenario, slot, place)) {
        if (event.time >= fromMs && event.time < toMs) events.push(event);
      }
    }
  }
  return events.sort((a, b) => Number(a.time) - Number(b.time));
}

/** As many as the rhythm asks for on average; the fraction is drawn. */
function tasksInSlot({ type, seed }: DemoAgent, scenario: Scenario, slot: number): number {
  const timeMs = slot * slotMs;
  const { startMs, endMs, arrivalFactor } = scenario.overload;
  const isOverloaded = type.type === scenario.overload.type && timeMs >= startMs && timeMs < endMs;
  const busy = isOverloaded ? arrivalFactor : activityAt(type.rhythm, timeMs);
  const expected = (type.task.perHourWhenBusy * busy * slotMs) / hourMs;
  return Math.floor(expected + uniformAt(seed ^ 0x736c6f74, slot));
}

type TimedEvent = TaskEvent & { time: number };

function lifeOf(agent: DemoAgent, scenario: Scenario, slot: number, place: number): TimedEvent[] {
  const { name, type, seed } = agent;
  const id = slot * 64 + place;
  const queuedMs = Math.floor((slot + uniformAt(seed ^ 1, id)) * slotMs);
  const overload = overloadAt(scenario, type.type, queuedMs);
  const waitSeconds = 2 + 8 * uniformAt(seed ^ 2, id) + overload * scenario.overload.longestWaitSeconds;
  const startedMs = queuedMs + Math.floor(1000 * waitSeconds);
  const { levelFactor } = deployedAt(agent, scenario, startedMs);
  const slowness = levelFactor * (1 + (scenario.overload.durationFactor - 1) * overload);
  const durationSeconds = (attempt: number) => {
    const spread = Math.exp(0.3 * Math.max(-3, Math.min(3, normalAt(seed ^ (16 + attempt), id))));
    return Number((type.task.durationSeconds * slowness * spread).toFixed(3));
  };
  const failureRatio = isCrashLooping(scenario, name, startedMs) ? crashFailureRatio : type.task.failureRatio;
  const hasFailed = uniformAt(seed ^ 3, id) < failureRatio;

  const task = `${name}-${slot.toString(36)}-${place}`;
  const event = (state: TaskState, time: number, more: Partial<TaskEvent> = {}): TimedEvent => ({
    task,
    kind: type.task.kind,
    state,
    time,
    ...more,
  });
  const attempt = (number: number, state: 'succeeded' | 'failed', fromMs: number): [TimedEvent, TimedEvent] => {
    const seconds = durationSeconds(number);
    const error = state === 'failed' ? { error: 'exit status 137: killed' } : {};
    const ended = { agent: name, attempt: number, durationSeconds: seconds, ...error };
    return [
      event('started', fromMs, { agent: name, attempt: number }),
      event(state, fromMs + Math.floor(1000 * seconds), ended),
    ];
  };
  const first = [event('queued', queuedMs), ...attempt(1, hasFailed ? 'failed' : 'succeeded', startedMs)];
  if (!hasFailed) return first;
  const failedMs = first.at(-1)!.time;
  if (uniformAt(seed ^ 4, id) < deadRatio) return [...first, event('dead', failedMs + 1, { agent: name })];
  return [...first, event('retried', failedMs + 1), ...attempt(2, 'succeeded', failedMs + 5000)];
}

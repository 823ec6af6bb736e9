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

/** An event whose time is known, in Unix milliseconds. */
export type TimedEvent = TaskEvent & { time: number };

/** What chance and the scenario decided of a task before it began. */
interface Plan {
  id: string;
  seed: number;
  place: number;
  queuedMs: number;
  startedMs: number;
  /** Duration of a median attempt. */
  medianSeconds: number;
  hasFailed: boolean;
  isDead: boolean;
}

/**
 * The events of the tasks that fall to an agent, in a window, ascending in time: queued, started, succeeded or failed;
 * what failed is tried once more or is dead.
 */
export function taskEventsOf(agent: DemoAgent, scenario: Scenario, { fromMs, toMs }: TimeWindow): TimedEvent[] {
  const events: TimedEvent[] = [];
  if (!agent.reportsTasks) return events;
  for (let slot = Math.floor((fromMs - longestLifeMs) / slotMs); slot * slotMs < toMs; slot++) {
    for (let place = 0; place < tasksInSlot(agent, scenario, slot); place++) {
      const life = lifeOf(agent, planOf(agent, scenario, slot, place));
      events.push(...life.filter(({ time }) => time >= fromMs && time < toMs));
    }
  }
  return events.sort((a, b) => a.time - b.time);
}

/** As many as the rhythm asks for on average; the fraction is drawn. */
function tasksInSlot({ type, seed }: DemoAgent, { overload }: Scenario, slot: number): number {
  const timeMs = slot * slotMs;
  const isOverloaded = type.type === overload.type && timeMs >= overload.startMs && timeMs < overload.endMs;
  const activity = isOverloaded ? overload.arrivalFactor : activityAt(type.rhythm, timeMs);
  const expected = (type.task.perHourWhenBusy * activity * slotMs) / hourMs;
  return Math.floor(expected + uniformAt(seed ^ 0x736c6f74, slot));
}

function planOf(agent: DemoAgent, scenario: Scenario, slot: number, number: number): Plan {
  const { name, type, seed } = agent;
  const place = slot * 64 + number;
  const queuedMs = Math.floor((slot + uniformAt(seed ^ 1, place)) * slotMs);
  const overload = overloadAt(scenario, type.type, queuedMs);
  const waitSeconds = 2 + 8 * uniformAt(seed ^ 2, place) + overload * scenario.overload.longestWaitSeconds;
  const startedMs = queuedMs + Math.floor(1000 * waitSeconds);
  const slowness = 1 + (scenario.overload.durationFactor - 1) * overload;
  const failureRatio = isCrashLooping(scenario, name, startedMs) ? crashFailureRatio : type.task.failureRatio;
  return {
    id: `${name}-${place.toString(36)}`,
    seed,
    place,
    queuedMs,
    startedMs,
    medianSeconds: type.task.durationSeconds * deployedAt(agent, scenario, startedMs).levelFactor * slowness,
    hasFailed: uniformAt(seed ^ 3, place) < failureRatio,
    isDead: uniformAt(seed ^ 4, place) < deadRatio,
  };
}

function lifeOf({ name, type }: DemoAgent, plan: Plan): TimedEvent[] {
  const event = (state: TaskState, time: number, more: Partial<TimedEvent> = {}): TimedEvent => ({
    task: plan.id,
    kind: type.task.kind,
    state,
    ...more,
    time,
  });
  const attempt = (number: number, state: 'succeeded' | 'failed', fromMs: number): [TimedEvent, TimedEvent] => {
    const durationSeconds = durationOf(plan, number);
    const error = state === 'failed' ? { error: 'exit status 137: killed' } : {};
    return [
      event('started', fromMs, { agent: name, attempt: number }),
      event(state, fromMs + Math.floor(1000 * durationSeconds), {
        agent: name,
        attempt: number,
        durationSeconds,
        ...error,
      }),
    ];
  };
  const first = [
    event('queued', plan.queuedMs),
    ...attempt(1, plan.hasFailed ? 'failed' : 'succeeded', plan.startedMs),
  ];
  if (!plan.hasFailed) return first;
  const decidedMs = first.at(-1)!.time + 1;
  if (plan.isDead) return [...first, event('dead', decidedMs, { agent: name })];
  return [...first, event('retried', decidedMs), ...attempt(2, 'succeeded', decidedMs + 5000)];
}

/** Log-normal around the median, without the far tail. */
function durationOf({ seed, place, medianSeconds }: Plan, attempt: number): number {
  const spread = Math.max(-3, Math.min(3, normalAt(seed ^ (16 + attempt), place)));
  return Number((medianSeconds * Math.exp(0.3 * spread)).toFixed(3));
}

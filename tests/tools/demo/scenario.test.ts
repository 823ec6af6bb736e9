import { describe, expect, it } from 'vitest';
import { createFleet, type DemoAgent } from '../../../tools/demo/fleet.ts';
import { heartbeatsOf } from '../../../tools/demo/heartbeats.ts';
import { deployedAt } from '../../../tools/demo/releases.ts';
import { measuredAt } from '../../../tools/demo/samples.ts';
import { createScenario } from '../../../tools/demo/scenario.ts';
import { type TimedEvent, taskEventsOf } from '../../../tools/demo/tasks.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const minuteMs = 60_000;
const endMs = Date.UTC(2026, 5, 17, 11, 23);
const scenario = createScenario(endMs, 14);
const fleet = createFleet();
const agentNamed = (name: string): DemoAgent => fleet.find((agent) => agent.name === name)!;

describe('the memory leak', () => {
  const { leak } = scenario;
  const memoryAt = (timeMs: number, name = leak.agent) => measuredAt(agentNamed(name), scenario, timeMs).memoryBytes;

  it('grows in a straight line to the limit, which it reaches days after the end of the history', () => {
    expect(leak.limitAtMs).toBeGreaterThan(endMs + 3 * dayMs);
    expect(memoryAt(leak.limitAtMs - 1) / leak.limitBytes).toBeGreaterThan(0.97);
    expect(memoryAt(leak.limitAtMs - 1) / leak.limitBytes).toBeLessThan(1.1);
    const days = Array.from(
      { length: 9 },
      (_, i) => memoryAt(leak.startMs + (i + 1) * dayMs) - memoryAt(leak.startMs + i * dayMs),
    );
    for (const growth of days) expect(growth).toBeGreaterThan(0);
  });

  it('begins anew after the limit, and no other agent has it', () => {
    expect(memoryAt(leak.limitAtMs + hourMs)).toBeLessThan(0.6 * leak.limitBytes);
    for (const { name } of fleet.filter(({ type }) => type.type === 'ai_ml' && agentNamed(leak.agent).type === type)) {
      if (name !== leak.agent) expect(memoryAt(endMs, name) / memoryAt(endMs - 13 * dayMs, name)).toBeLessThan(1.15);
    }
  });
});

describe('the crash loop', () => {
  const { crashLoop } = scenario;
  const heartbeats = [
    ...heartbeatsOf(agentNamed(crashLoop.agent), scenario, { fromMs: endMs - dayMs, toMs: endMs }, 300_000),
  ];
  const gaps = heartbeats
    .slice(1)
    .map(({ time }, i) => ({ atMs: Number(time), ms: Number(time) - Number(heartbeats[i]!.time) }));

  it('silences its agent again and again, for long enough to be down, and only since it began', () => {
    const long = gaps.filter(({ ms }) => ms > 4 * 300_000);
    expect(long.length).toBeGreaterThanOrEqual(8);
    for (const { atMs } of long) expect(atMs).toBeGreaterThan(crashLoop.startMs);
  });

  it('leaves the agent silent at the end of the history, so that the first look shows it down', () => {
    expect(endMs - Number(heartbeats.at(-1)!.time)).toBeGreaterThanOrEqual(30 * minuteMs);
  });

  it('came with a bad version, and lets most tasks fail', () => {
    const agent = agentNamed(crashLoop.agent);
    expect(deployedAt(agent, scenario, crashLoop.startMs - 1).version).not.toBe(crashLoop.version);
    expect(deployedAt(agent, scenario, crashLoop.startMs).version).toBe(crashLoop.version);
    const failedRatio = (fromMs: number, toMs: number) => {
      const firsts = taskEventsOf(agent, scenario, { fromMs, toMs }).filter(
        ({ attempt, durationSeconds }) => attempt === 1 && durationSeconds,
      );
      return firsts.filter(({ state }) => state === 'failed').length / firsts.length;
    };
    expect(failedRatio(crashLoop.startMs, crashLoop.endMs)).toBeGreaterThan(0.4);
    expect(failedRatio(endMs - 10 * dayMs, crashLoop.startMs)).toBeLessThan(0.1);
  });
});

describe('the overload', () => {
  const { overload } = scenario;
  const events: TimedEvent[] = fleet
    .filter(({ type }) => type.task.kind === overload.kind)
    .flatMap((agent) => taskEventsOf(agent, scenario, { fromMs: endMs - 3 * dayMs, toMs: endMs }))
    .sort((a, b) => a.time - b.time);

  function queueAt(timeMs: number): number {
    const past = events.filter(({ time }) => time <= timeMs);
    return past.reduce(
      (depth, { state }) => depth + (state === 'started' ? -1 : state === 'queued' || state === 'retried' ? 1 : 0),
      0,
    );
  }

  function medianDuration(fromMs: number, toMs: number): number {
    const durations = events.flatMap(({ time, durationSeconds }) =>
      time >= fromMs && time < toMs ? (durationSeconds ?? []) : [],
    );
    return durations.sort((a, b) => a - b)[Math.floor(durations.length / 2)]!;
  }

  it('lets the queue grow until its end, and then go', () => {
    expect(queueAt(overload.startMs)).toBeLessThan(10);
    expect(queueAt((overload.startMs + overload.endMs) / 2)).toBeGreaterThan(30);
    expect(queueAt(overload.endMs)).toBeGreaterThan(100);
    expect(queueAt(overload.drainedMs + hourMs)).toBeLessThan(10);
  });

  it('makes tasks slow', () => {
    const before = medianDuration(overload.startMs - dayMs, overload.startMs);
    expect(medianDuration(overload.endMs - hourMs, overload.endMs + hourMs)).toBeGreaterThan(2 * before);
  });
});

describe('a deploy', () => {
  it('reaches every agent of its type within the hour and shifts its level', () => {
    const testing = fleet.filter(({ type }) => type.type === 'testing');
    const release = testing[0]!.type.releases[1]!;
    const releasedMs = endMs - release.daysBeforeEnd * dayMs;
    for (const agent of testing) {
      expect(deployedAt(agent, scenario, releasedMs - 1).version).toBe('4.1.0');
      expect(deployedAt(agent, scenario, releasedMs + hourMs)).toEqual({
        version: release.version,
        levelFactor: release.levelFactor,
      });
    }
  });

  it('lies in the two weeks for every type, so that each has a version change to show', () => {
    for (const { type } of fleet)
      expect(type.releases.slice(1).every(({ daysBeforeEnd }) => daysBeforeEnd < 14)).toBe(true);
  });
});

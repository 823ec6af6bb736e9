const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
const gibibyte = 2 ** 30;

/** What goes wrong in the simulated fleet, when and where. Times are Unix milliseconds. */
export interface Scenario {
  startMs: number;
  /** The end of the history; live data continues from it. */
  endMs: number;
  /** An agent whose memory grows in a straight line until it is killed at its limit and begins anew. */
  leak: { agent: string; startMs: number; limitBytes: number; limitAtMs: number };
  /** An agent that starts, fails and is silent, again and again, since it got a bad version. */
  crashLoop: { agent: string; version: string; startMs: number; endMs: number; periodMs: number; upMs: number };
  /** More tasks of a kind than can be done: they queue until `endMs`, and the queue is gone at `drainedMs`. */
  overload: {
    kind: string;
    type: string;
    startMs: number;
    endMs: number;
    drainedMs: number;
    arrivalFactor: number;
    durationFactor: number;
    longestWaitSeconds: number;
  };
}

/** Lays the incidents out around the end of a history of so many days; the same end gives the same scenario. */
export function createScenario(endMs: number, historyDays: number): Scenario {
  return {
    startMs: endMs - historyDays * dayMs,
    endMs,
    leak: {
      agent: 'ai_ml-004',
      startMs: endMs - 9 * dayMs,
      limitBytes: 16 * gibibyte,
      limitAtMs: endMs + 4.5 * dayMs,
    },
    crashLoop: {
      agent: 'automation-007',
      version: '2.8.1-rc.1',
      // At the end of the history it has been silent for 30 minutes.
      startMs: endMs - 8 * hourMs - 50 * minuteMs,
      endMs: endMs + 24 * hourMs,
      periodMs: 60 * minuteMs,
      upMs: 20 * minuteMs,
    },
    overload: {
      kind: 'run-workflow',
      type: 'workflow',
      startMs: endMs - 20 * hourMs,
      endMs: endMs - 16 * hourMs,
      drainedMs: endMs - 14 * hourMs,
      arrivalFactor: 5,
      durationFactor: 3,
      longestWaitSeconds: 2400,
    },
  };
}

/** Whether the crash loop silences an agent at a time. */
export function isSilent({ crashLoop }: Scenario, agent: string, timeMs: number): boolean {
  if (!isCrashLooping({ crashLoop }, agent, timeMs)) return false;
  return (timeMs - crashLoop.startMs) % crashLoop.periodMs >= crashLoop.upMs;
}

export function isCrashLooping({ crashLoop }: Pick<Scenario, 'crashLoop'>, agent: string, timeMs: number): boolean {
  return agent === crashLoop.agent && timeMs >= crashLoop.startMs && timeMs < crashLoop.endMs;
}

/** How much of the longest queue stands in front of a task that comes at a time: 0 to 1. */
export function overloadAt({ overload }: Scenario, type: string, timeMs: number): number {
  if (type !== overload.type || timeMs < overload.startMs || timeMs >= overload.drainedMs) return 0;
  if (timeMs < overload.endMs) return (timeMs - overload.startMs) / (overload.endMs - overload.startMs);
  return (overload.drainedMs - timeMs) / (overload.drainedMs - overload.endMs);
}

/** What the leak has added to the memory of an agent that needs `baseBytes` without it. */
export function leakedBytes({ leak }: Scenario, agent: string, baseBytes: number, timeMs: number): number {
  if (agent !== leak.agent || timeMs < leak.startMs) return 0;
  const lifeMs = leak.limitAtMs - leak.startMs;
  return (leak.limitBytes - baseBytes) * (((timeMs - leak.startMs) % lifeMs) / lifeMs);
}

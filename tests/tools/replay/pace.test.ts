import { describe, expect, it } from 'vitest';
import { pace, parseSpeed } from '../../../tools/replay/pace.ts';

/** A clock that passes only while somebody sleeps. */
function simulatedClock() {
  let nowMs = 5000;
  return {
    nowMs: () => nowMs,
    async sleep(delayMs: number) {
      nowMs += delayMs;
    },
  };
}

async function* readings(...timesMs: number[]) {
  for (const timeMs of timesMs) yield { timeMs };
}

describe('pace', () => {
  it('hands out each reading when its own time has passed, divided by the speed, and never earlier', async () => {
    const clock = simulatedClock();
    const startMs = clock.nowMs();
    const seen: { timeMs: number; atMs: number }[] = [];
    const paced = pace(readings(0, 60_000, 120_000, 600_000), { originMs: 0, speed: 60, clock });
    for await (const group of paced)
      for (const { timeMs } of group) seen.push({ timeMs, atMs: clock.nowMs() - startMs });
    expect(seen.map(({ timeMs }) => timeMs)).toEqual([0, 60_000, 120_000, 600_000]);
    for (const { timeMs, atMs } of seen) {
      expect(atMs).toBeGreaterThanOrEqual(timeMs / 60);
      expect(atMs).toBeLessThanOrEqual(timeMs / 60 + 250);
    }
  });

  it('keeps a file that begins later than the others waiting', async () => {
    const clock = simulatedClock();
    const startMs = clock.nowMs();
    const paced = pace(readings(3_600_000), { originMs: 0, speed: 3600, clock });
    await paced.next();
    expect(clock.nowMs() - startMs).toBe(1000);
  });

  it('groups what is due together, also what is out of order', async () => {
    const groups: number[][] = [];
    const paced = pace(readings(0, 10, 20, 90_000, 5, 90_001), { originMs: 0, speed: 60, clock: simulatedClock() });
    for await (const group of paced) groups.push(group.map(({ timeMs }) => timeMs));
    expect(groups.flat()).toEqual([0, 10, 20, 90_000, 5, 90_001]);
    expect(groups.length).toBeLessThan(6);
  });
});

describe('parseSpeed', () => {
  it('reads max and factors', () => {
    expect([parseSpeed('max'), parseSpeed('60x'), parseSpeed('0.5x')]).toEqual(['max', 60, 0.5]);
  });

  it.each(['60', '0x', '-1x', 'fast', ''])('refuses %j', (text) => {
    expect(() => parseSpeed(text)).toThrow(/expected max/);
  });
});

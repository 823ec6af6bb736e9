/** How fast to replay: as fast as it goes, or so many seconds of the data in one second. */
export type Speed = 'max' | number;

export interface Clock {
  nowMs(): number;
  sleep(delayMs: number): Promise<void>;
}

/** The shortest time between two groups: what is due in it goes together. */
const tickMs = 250;

/** @throws Error unless the text is `max` or a number above 0 with an x, such as `60x`. */
export function parseSpeed(text: string): Speed {
  if (text === 'max') return 'max';
  const speed = Number(/^(\d+(?:\.\d+)?)x$/.exec(text)?.[1]);
  if (!(speed > 0)) throw new Error('expected max, or a factor such as 60x');
  return speed;
}

/**
 * Hands out readings when they are due: the data's own time since `originMs`, divided by `speed`. What is due at the
 * same time comes as one group. A reading that is out of order is due at once.
 */
export async function* pace<T extends { timeMs: number }>(
  readings: AsyncIterable<T>,
  { originMs, speed, clock }: { originMs: number; speed: number; clock: Clock },
): AsyncGenerator<T[]> {
  const startMs = clock.nowMs();
  let group: T[] = [];
  for await (const reading of readings) {
    const waitMs = (reading.timeMs - originMs) / speed - (clock.nowMs() - startMs);
    if (waitMs > 0) {
      if (group.length > 0) yield group;
      group = [];
      await clock.sleep(Math.max(waitMs, tickMs));
    }
    group.push(reading);
  }
  if (group.length > 0) yield group;
}

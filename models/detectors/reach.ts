import { blockMs, dayMs } from './calendar.ts';
import { createPodium, enter, lastPlace, type Podium } from './podium.ts';

const blockHalfLifeDays = 14;
const hourHalfLifeDays = 28;
const keepABlock = 0.5 ** (blockMs / dayMs / blockHalfLifeDays);
const keepADay = 0.5 ** (1 / hourHalfLifeDays);

/**
 * How far a series has gone from what was expected, to one side, at least twice lately: at any time, and in each hour
 * of the day. A nightly job or a habit of spikes becomes ordinary by it; a single incident does not.
 */
export interface Reach {
  anyTime: Podium;
  byHour: Podium[];
  /** The farthest in this quarter-day and in this hour. */
  inBlock: number;
  inHour: number;
  /** Whether this quarter-day left the band, and whether the one before did: the two are one incident. */
  leftBand: boolean;
  carried: boolean;
}

export function createReach(): Reach {
  return {
    anyTime: createPodium(2),
    byHour: Array.from({ length: 24 }, () => createPodium(2)),
    inBlock: 0,
    inHour: 0,
    leftBand: false,
    carried: false,
  };
}

export function noteDistance(reach: Reach, distance: number, isOutside: boolean): void {
  reach.inBlock = Math.max(reach.inBlock, distance);
  reach.inHour = Math.max(reach.inHour, distance);
  reach.leftBand ||= isOutside;
}

export function closeHour(reach: Reach, hourOfDay: number): void {
  enter(reach.byHour[hourOfDay]!, reach.inHour, keepADay);
  reach.inHour = 0;
}

/** Ends a quarter-day. One that left the band is counted with the next, so that an incident counts once. */
export function closeBlock(reach: Reach): void {
  const waits = reach.leftBand && !reach.carried;
  if (!waits) {
    enter(reach.anyTime, reach.inBlock, keepABlock);
    reach.inBlock = 0;
  }
  reach.carried = waits;
  reach.leftBand = false;
}

/** Ends a quarter-day that lay outside as a whole: a shift of the level, which says nothing of the spread around it. */
export function dropBlock(reach: Reach): void {
  reach.inBlock = 0;
  reach.leftBand = false;
  reach.carried = false;
}

/** The distance that was reached twice. */
export function reachedTwice(reach: Reach, hourOfDay: number): number {
  return Math.max(lastPlace(reach.anyTime), lastPlace(reach.byHour[hourOfDay]!));
}

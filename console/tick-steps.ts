/** Distances of ticks that read well as durations: a quarter of a minute, not 16 min 40 s. In seconds. */
const durations = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800];

/**
 * How far apart the ticks of an axis may be, in the unit of its values; undefined where the powers of ten are right.
 *
 * @example
 * tickSteps('s')?.includes(900) // true: ticks at every quarter of an hour
 */
export function tickSteps(unit: string): readonly number[] | undefined {
  if (unit !== 's' && unit !== 'ms') return undefined;
  const seconds = [...decimals(-9, 0), 10, ...durations, ...decimals(6, 12)];
  return unit === 's' ? seconds : seconds.map((each) => each * 1000);
}

/** 1, 2 and 5 times each power of ten. */
function decimals(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => [1, 2, 5].map((digit) => digit * 10 ** (from + i))).flat();
}

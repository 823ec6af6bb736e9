/** Numbers and times as people read them. Between a number and its unit stands a no-break space. */

const space = '\u00a0';
const minus = '\u2212';
/** What is shown for a value that is not there. */
export const absent = '\u2013';

const significant = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 4 });
const threeDigits = new Intl.NumberFormat('en-GB', { maximumSignificantDigits: 3, useGrouping: false });
const whole = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

const prefixes = ['', 'k', 'M', 'G', 'T', 'P', 'E'];

/**
 * A number with about four significant digits; large ones get an SI prefix.
 *
 * @example
 * formatNumber(1234.56) // '1,235'
 * formatNumber(2_500_000) // '2.5 M'
 */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return absent;
  const size = Math.abs(value);
  if (size !== 0 && size < 1e-4) return value.toExponential(2).replace('-', minus).replace('e-', `e${minus}`);
  if (size < 99_999.5) return significant.format(value).replace('-', minus);
  return withPrefix(value, '');
}

/** A whole number with its thousands set apart. */
export function formatCount(value: number): string {
  return whole.format(value).replace('-', minus);
}

/** `1 agent`, `7 agents`. */
export function formatCountOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/**
 * A share as per cent. It is never rounded to 0 % or 100 % unless it is exactly that, for "100 %" of an objective that
 * was missed would be a lie.
 *
 * @example
 * formatRatio(0.99996) // '99.996 %'
 */
export function formatRatio(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || !Number.isFinite(ratio)) return absent;
  const percent = ratio * 100;
  const distance = Math.min(Math.abs(percent), Math.abs(100 - percent));
  const digits =
    distance === 0 ? 0 : Math.min(6, Math.max(distance < 10 ? 2 : 1, Math.ceil(-Math.log10(distance)) + 1));
  return `${trimZeros(percent.toFixed(digits)).replace('-', minus)}${space}%`;
}

/**
 * A duration in its two largest units, or in SI fractions of a second.
 *
 * @example
 * formatSeconds(0.0123) // '12.3 ms'
 * formatSeconds(3725) // '1 h 2 min'
 */
export function formatSeconds(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return absent;
  const sign = seconds < 0 ? minus : '';
  const size = Math.abs(seconds);
  if (size === 0) return `0${space}s`;
  if (size < 59.95) return sign + shortSeconds(size);
  return sign + longSeconds(Math.round(size));
}

function shortSeconds(size: number): string {
  const units = [
    [1, 's'],
    [1e-3, 'ms'],
    [1e-6, '\u00b5s'],
  ] as const;
  const [scale, unit] = units.find(([least]) => size >= least * 0.9995) ?? ([1e-9, 'ns'] as const);
  return `${threeDigits.format(size / scale)}${space}${unit}`;
}

const longUnits = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
] as const;

function longSeconds(size: number): string {
  const first = longUnits.findIndex(([length]) => size >= length);
  const [length, unit] = longUnits[first]!;
  const [restLength, restUnit] = longUnits[first + 1]!;
  const rest = Math.floor((size % length) / restLength);
  const head = `${formatCount(Math.floor(size / length))}${space}${unit}`;
  return rest === 0 ? head : `${head}${space}${rest}${space}${restUnit}`;
}

/** How long ago something was, in one unit: `3 min ago`. What lies ahead is "now". */
export function formatAge(seconds: number): string {
  if (!(seconds >= 1)) return 'now';
  const [length, unit] = longUnits.find(([least]) => seconds >= least)!;
  return `${formatCount(Math.floor(seconds / length))}${space}${unit} ago`;
}

/** Bytes with an SI prefix, powers of 1000. */
export function formatBytes(bytes: number): string {
  return withPrefix(bytes, 'B');
}

/** A value in a unit as {@link displayUnit} gives it. */
export function formatValue(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return absent;
  if (unit === 'ratio') return formatRatio(value);
  if (unit === 'By') return formatBytes(value);
  if (unit.startsWith('By/')) return `${formatBytes(value)}${unit.slice(2)}`;
  if (unit === 's') return formatSeconds(value);
  if (unit === 'ms') return formatSeconds(value / 1000);
  if (unit.startsWith('1/')) return `${formatNumber(value)}${unit.slice(1)}`;
  const name = unit.replace(/^\{(.*)\}$/, '$1');
  return name === '' || name === '1' ? formatNumber(value) : `${formatNumber(value)}${space}${name}`;
}

/** The unit in which a metric is shown: the one of its samples (UCUM), or the one at the end of its name. */
export function displayUnit(metric: string, unit: string): string {
  if (/_ratio$/.test(metric) && (unit === '' || unit === '1')) return 'ratio';
  if (unit !== '') return unit;
  if (/_bytes$/.test(metric)) return 'By';
  if (/_seconds$/.test(metric)) return 's';
  return '';
}

const unitNames: Readonly<Record<string, string>> = { By: 'bytes', s: 'seconds', ms: 'milliseconds', '1': '' };

/** A unit as {@link displayUnit} gives it, in words; empty for plain numbers. */
export function unitName(unit: string): string {
  const [amount = '', per] = unit.replace(/^\{(.*)\}$/, '$1').split('/');
  const name = unitNames[amount] ?? amount;
  return per === undefined ? name : `${name} per ${per}`.trimStart();
}

/** `22 Nov, 15:04` in the zone of the reader. */
export function formatTime(timeMs: number, timeZone?: string): string {
  return format(timeMs, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }, timeZone);
}

/** `15:04:05` in the zone of the reader. */
export function formatClock(timeMs: number, timeZone?: string): string {
  return format(timeMs, { hour: '2-digit', minute: '2-digit', second: '2-digit' }, timeZone);
}

/** The zone of the reader at a time, as the texts above are in it: `UTC`, `CET`, `GMT-5`. */
export function formatZone(timeMs: number, timeZone?: string): string {
  const formatter = new Intl.DateTimeFormat('en-GB', {
    timeZoneName: 'short',
    ...(timeZone !== undefined && { timeZone }),
  });
  return formatter.formatToParts(timeMs).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** `2026-11-22 15:04:05 UTC`. */
export function formatUtc(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The label of a tick: the time of day, or the date at midnight and where ticks are a day apart or more. */
export function formatTick(timeMs: number, stepSeconds: number, timeZone?: string): string {
  const clock = format(timeMs, { hour: '2-digit', minute: '2-digit' }, timeZone);
  return stepSeconds < 86_400 && clock !== '00:00'
    ? clock
    : format(timeMs, { day: 'numeric', month: 'short' }, timeZone);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function format(timeMs: number, parts: Intl.DateTimeFormatOptions, timeZone: string | undefined): string {
  const options: Intl.DateTimeFormatOptions = {
    ...parts,
    hourCycle: 'h23',
    ...(timeZone !== undefined && { timeZone }),
  };
  const key = JSON.stringify(options);
  const formatter = formatters.get(key) ?? new Intl.DateTimeFormat('en-GB', options);
  formatters.set(key, formatter);
  return formatter.format(timeMs);
}

function withPrefix(value: number, unit: string): string {
  const size = Math.abs(value);
  let power = size < 1 ? 0 : Math.min(prefixes.length - 1, Math.floor(Math.log10(size) / 3));
  // 999.96 kB would be rounded to "1000 kB".
  if (power < prefixes.length - 1 && size / 1000 ** power >= 999.5) power++;
  const text = threeDigits.format(value / 1000 ** power).replace('-', minus);
  const suffix = `${prefixes[power]}${unit}`;
  return suffix === '' ? text : `${text}${space}${suffix}`;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

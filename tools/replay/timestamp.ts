const isoLike =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i;

/** Outside of these years a number is not a time, but some quantity. */
const earliestMs = Date.UTC(1980);
const latestMs = Date.UTC(2100);

/**
 * Reads a time as CSV files write it: `2014-02-14 14:30:00`, ISO 8601, Unix seconds or Unix milliseconds. A text
 * without a zone is UTC.
 *
 * @returns Unix milliseconds; undefined when it is none of them.
 *
 * @example
 * parseTimestamp('2014-02-14 14:30:00') // 1392388200000
 * parseTimestamp('1392388200') // 1392388200000
 * parseTimestamp('14') // undefined
 */
export function parseTimestamp(text: string): number | undefined {
  return isTextual(text) ? parseCalendar(text) : parseUnix(text);
}

/** Whether the text is written as a date and not as a bare number. */
export function isTextual(text: string): boolean {
  return isoLike.test(text);
}

function parseCalendar(text: string): number | undefined {
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = isoLike.exec(text)!;
  const date = [Number(year), Number(month) - 1, Number(day)] as const;
  const midnight = Date.UTC(...date);
  const rolledOver = new Date(midnight).getUTCDate() !== date[2] || new Date(midnight).getUTCMonth() !== date[1];
  if (rolledOver || Number(hour) > 24 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const seconds = Number(hour) * 3600 + Number(minute) * 60 + Number(second);
  return midnight + seconds * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3)) - offsetMs(zone);
}

function offsetMs(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  if (sign === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

function parseUnix(text: string): number | undefined {
  if (!/^\d{9,13}(\.\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  const ms = Math.round(number < 1e11 ? number * 1000 : number);
  return ms >= earliestMs && ms < latestMs ? ms : undefined;
}

/**
 * When a job runs, in words, as far as its pattern (second minute hour day month weekday) is one of the plain ones; any
 * other is returned as it is.
 *
 * @example
 * scheduleText('0 30 2 * * *') // 'daily at 02:30 UTC'
 */
export function scheduleText(pattern: string): string {
  const [second = '', minute = '', hour = '', ...rest] = pattern.split(' ');
  if (rest.join(' ') !== '* * *') return pattern;
  const everySeconds = /^\*\/(\d+)$/.exec(second)?.[1];
  if (everySeconds !== undefined && minute === '*' && hour === '*') return `every ${everySeconds} seconds`;
  if (!isNumber(second)) return pattern;
  if (minute === '*' && hour === '*') return 'every minute';
  if (!isNumber(minute)) return pattern;
  if (hour === '*') return `hourly at minute ${minute}`;
  return isNumber(hour) ? `daily at ${hour.padStart(2, '0')}:${minute.padStart(2, '0')} UTC` : pattern;
}

function isNumber(field: string): boolean {
  return /^\d+$/.test(field);
}

import { expect, test } from 'vitest';
import { scheduleText } from '../../console/schedule.ts';

test.each([
  ['5 * * * * *', 'every minute'],
  ['*/15 * * * * *', 'every 15 seconds'],
  ['0 5 * * * *', 'hourly at minute 5'],
  ['0 30 2 * * *', 'daily at 02:30 UTC'],
])('the pattern %s is read as: %s', (pattern, text) => {
  expect(scheduleText(pattern)).toBe(text);
});

test.each(['0 0 2 * * 1', '0 */5 * * * *', '* * * * * *', '0 1-5 * * * *', 'nonsense'])(
  'the pattern %s, which has no plain words, stays as it is',
  (pattern) => {
    expect(scheduleText(pattern)).toBe(pattern);
  },
);

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTimestamp } from '../../../tools/replay/timestamp.ts';

describe('parseTimestamp', () => {
  // Golden values: `date -u -d '2014-02-14 14:30:00' +%s` of GNU coreutils is 1392388200.
  it.each([
    ['2014-02-14 14:30:00', 1_392_388_200_000],
    ['2014/02/14 14:30', 1_392_388_200_000],
    ['2014-02-14T14:30:00Z', 1_392_388_200_000],
    ['2014-02-14T16:30:00.250+02:00', 1_392_388_200_250],
    ['2014-02-14T09:00:00-0530', 1_392_388_200_000],
    ['2014-02-14 14:30:00.9799600', 1_392_388_200_979],
    ['2014-02-14', 1_392_336_000_000],
    ['1392388200', 1_392_388_200_000],
    ['1392388200.5', 1_392_388_200_500],
    ['1392388200000', 1_392_388_200_000],
  ])('reads %s, in UTC when it names no zone', (text, expected) => {
    expect(parseTimestamp(text)).toBe(expected);
  });

  it.each([
    '',
    '14',
    '2014',
    '3.5',
    '2014-02-30 00:00:00',
    '2014-02-14 25:00:00',
    'soon',
    '99999999999999',
    '-1392388200',
  ])('takes %j for no time', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it('reads back every time as JavaScript, and as most files, write it', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1980-01-01'), max: new Date('2099-01-01'), noInvalidDate: true }),
        (date) => {
          const iso = date.toISOString();
          expect(parseTimestamp(iso)).toBe(date.getTime());
          expect(parseTimestamp(iso.replace('T', ' ').replace('Z', ''))).toBe(date.getTime());
          expect(parseTimestamp(String(date.getTime() / 1000))).toBe(date.getTime());
        },
      ),
    );
  });

  it('never throws, and never answers anything but an integer', () => {
    fc.assert(fc.property(fc.string(), (text) => Number.isInteger(parseTimestamp(text) ?? 0)));
  });
});

/**
 * Says in one phrase how a value is out of place: "3.2 times above what 14:00 shows", "64 % below what 14:00 shows",
 * "12.5 above what the last hours show". Hours are UTC.
 *
 * @param hourOfDay the hour whose history was compared with, or null when only the last hours were
 */
export function phraseReason(value: number, expected: number, hourOfDay: number | null): string {
  const basis = hourOfDay === null ? 'the last hours show' : `${String(hourOfDay).padStart(2, '0')}:00 shows`;
  return `${phraseDistance(value, expected)} ${value > expected ? 'above' : 'below'} what ${basis}`;
}

function phraseDistance(value: number, expected: number): string {
  const ratio = value / expected;
  if (expected <= 0 || ratio < 0 || ratio > 100) return shorten(Math.abs(value - expected));
  if (ratio >= 2) return `${shorten(ratio)} times`;
  return `${shorten(Math.abs(ratio - 1) * 100)} %`;
}

function shorten(value: number): string {
  return String(Number(value.toPrecision(value >= 10 && value < 1000 ? 3 : 2)));
}

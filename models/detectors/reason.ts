const weekdays = ['Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays', 'Sundays'];

/** What a value was compared with: the history of an hour of the day (UTC), that of a weekday, or the last hours. */
export interface Basis {
  hourOfDay?: number;
  /** 0 is Monday. */
  weekday?: number;
}

/**
 * Says in one phrase how a value is out of place: "3.2 times above what 14:00 UTC shows", "64 % below what
 * Tuesdays 14:00 UTC show", "12.5 above what the last hours show".
 */
export function phraseReason(value: number, expected: number, basis: Basis): string {
  return `${phraseDistance(value, expected)} ${value > expected ? 'above' : 'below'} what ${phraseBasis(basis)}`;
}

function phraseBasis({ hourOfDay, weekday }: Basis): string {
  if (hourOfDay === undefined) return 'the last hours show';
  const hour = `${String(hourOfDay).padStart(2, '0')}:00 UTC`;
  return weekday === undefined ? `${hour} shows` : `${weekdays[weekday]} ${hour} show`;
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

/** What begins and, sooner or later, ends. */
export interface Lasting {
  startedAt: string;
  /** Null while it is open. */
  endedAt: string | null;
}

/** For how long it has lasted, in seconds. */
export function lastedSeconds({ startedAt, endedAt }: Lasting, now: number): number {
  return Math.max(0, Math.round(((endedAt === null ? now : Date.parse(endedAt)) - Date.parse(startedAt)) / 1000));
}

/** A span of time: its start belongs to it, its end does not. */
export interface TimeWindow {
  fromMs: number;
  toMs: number;
}

/** The times of a grid in a window, ascending: every `stepMs`, `offsetMs` after each whole step since 1970. */
export function* gridTimes({ fromMs, toMs }: TimeWindow, stepMs: number, offsetMs = 0): Generator<number> {
  const first = Math.ceil((fromMs - offsetMs) / stepMs) * stepMs + offsetMs;
  for (let timeMs = first; timeMs < toMs; timeMs += stepMs) yield timeMs;
}

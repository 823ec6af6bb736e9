/** So much of one turn of the event loop may go into work that can be cut, in milliseconds. */
const longestTurnMs = 8;

const waiting: (() => void)[] = [];
let turnStartedAt = 0;
let isTurnKnown = false;

/** Gives way to everything else that waits for the event loop. Of those that give way, each gets a turn of its own. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(resumeOne);
  });
}

function resumeOne(): void {
  const resume = waiting.shift()!;
  if (waiting.length > 0) setImmediate(resumeOne);
  beginTurn();
  resume();
}

function beginTurn(): void {
  turnStartedAt = performance.now();
  if (isTurnKnown) return;
  isTurnKnown = true;
  setImmediate(() => {
    isTurnKnown = false;
  });
}

/**
 * A function to be awaited between the pieces of long work: it gives way once the current turn has lasted long enough,
 * whoever made it long, and otherwise costs a look at the clock.
 *
 * @example
 * const breathe = createBreather();
 * for (const row of rows) {
 *   use(row);
 *   if (breathe.isDue()) await breathe.now();
 * }
 */
export function createBreather(): { isDue(): boolean; now(): Promise<void> } {
  if (!isTurnKnown) beginTurn();
  return { isDue: () => performance.now() - turnStartedAt > longestTurnMs, now: nextTurn };
}

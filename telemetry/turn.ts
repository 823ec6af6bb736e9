/** So much of one turn of the event loop may go into work that can be cut, in milliseconds. */
const longestTurnMs = 8;

/** Gives way to everything else that waits for the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A function to be awaited between the pieces of long work: it gives way once the current turn has lasted long enough,
 * and otherwise costs a look at the clock.
 *
 * @example
 * const breathe = createBreather();
 * for (const row of rows) {
 *   use(row);
 *   if (breathe.isDue()) await breathe.now();
 * }
 */
export function createBreather(): { isDue(): boolean; now(): Promise<void> } {
  let started = performance.now();
  return {
    isDue: () => performance.now() - started > longestTurnMs,
    async now() {
      await nextTurn();
      started = performance.now();
    },
  };
}

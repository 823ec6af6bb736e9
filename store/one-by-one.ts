/**
 * Runs queries one after the other, and `clear` after one that failed, before the next.
 *
 * chDB gives what a query had written before it failed to whoever asks next on the connection, who would read another
 * tenant's rows before its own. Queries with parameters wait for one another in chDB in any case.
 */
export function createOneByOne(clear: () => Promise<unknown>): <T>(query: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (query) => {
    const result = last.then(query);
    last = result.catch(() => clear().catch(() => {}));
    return result;
  };
}

/**
 * The keys of the records that came last, so that one which is sent again is known: two generations of a hash table
 * with linear probing. A full generation pushes out the older one, so that between `capacity` and twice as many keys
 * are remembered, in 32 to 64 bytes each. A key is 64 bits in two words; of two different records with the same key, which
 * happens once in about 10^13, the second is taken for the first.
 *
 * @example
 * const recent = createRecentKeys(1000);
 * recent.add(1, 2); // true: it is new
 * recent.add(1, 2); // false
 */
export interface RecentKeys {
  /** @returns whether the key is new. */
  add(high: number, low: number): boolean;
  /**
   * Reads where keys stand that are added next, two words each: one after the other without a question in between, the
   * processor fetches many at a time, and to add them takes a fraction of the time.
   */
  fetch(keys: Uint32Array): void;
  /** Forgets a key that was added a moment ago. */
  remove(high: number, low: number): void;
  size(): number;
}

export function createRecentKeys(capacity: number): RecentKeys {
  let current = createGeneration(capacity);
  let older = createGeneration(capacity);
  return {
    add(high, low) {
      // Two zeros mark an empty slot.
      const word = low === 0 && high === 0 ? 1 : low;
      if ((older.size() > 0 && older.has(high, word)) || !current.add(high, word)) return false;
      if (current.size() >= capacity) {
        const emptied = older;
        emptied.clear();
        older = current;
        current = emptied;
      }
      return true;
    },
    fetch(keys) {
      current.fetch(keys);
      if (older.size() > 0) older.fetch(keys);
    },
    remove(high, low) {
      const word = low === 0 && high === 0 ? 1 : low;
      current.remove(high, word);
      older.remove(high, word);
    },
    size: () => current.size() + older.size(),
  };
}

interface Generation {
  has(high: number, low: number): boolean;
  add(high: number, low: number): boolean;
  fetch(keys: Uint32Array): void;
  /** Of use to nobody, but what nobody keeps is not read. */
  fetched: number;
  remove(high: number, low: number): void;
  clear(): void;
  size(): number;
}

function createGeneration(capacity: number): Generation {
  const slots = 2 ** Math.ceil(Math.log2(capacity * 2));
  const mask = slots - 1;
  // Written to once, so that the memory is taken now and not page by page under load.
  const words = new Uint32Array(slots * 2).fill(1).fill(0);
  let size = 0;

  /** The slot of a key, or the empty one where it would stand. */
  function find(high: number, low: number): number {
    let slot = low & mask;
    while (words[2 * slot] !== 0 || words[2 * slot + 1] !== 0) {
      if (words[2 * slot] === high >>> 0 && words[2 * slot + 1] === low >>> 0) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }
  const isTaken = (slot: number) => words[2 * slot] !== 0 || words[2 * slot + 1] !== 0;

  const generation: Generation = {
    fetched: 0,
    has: (high, low) => isTaken(find(high, low)),
    add(high, low) {
      const slot = find(high, low);
      if (isTaken(slot)) return false;
      words[2 * slot] = high;
      words[2 * slot + 1] = low;
      size++;
      return true;
    },
    fetch(keys) {
      let sum = 0;
      for (let i = 1; i < keys.length; i += 2) sum ^= words[2 * (keys[i]! & mask)]!;
      generation.fetched = sum;
    },
    remove(high, low) {
      let hole = find(high, low);
      if (!isTaken(hole)) return;
      size--;
      // Those behind that were pushed on by the removed key move up, so that no search ends at the hole.
      for (let slot = (hole + 1) & mask; isTaken(slot); slot = (slot + 1) & mask) {
        const home = words[2 * slot + 1]! & mask;
        if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
        words[2 * hole] = words[2 * slot]!;
        words[2 * hole + 1] = words[2 * slot + 1]!;
        hole = slot;
      }
      words[2 * hole] = 0;
      words[2 * hole + 1] = 0;
    },
    clear() {
      words.fill(0);
      size = 0;
    },
    size: () => size,
  };
  return generation;
}

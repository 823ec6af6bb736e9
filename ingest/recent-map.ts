/**
 * A map that keeps at least the `capacity` entries that were used last, and at most twice as many. Two generations
 * take turns: what is not used while the young one fills goes with the old one. A look-up costs one in a `Map`, where a
 * list of least recent use would be rewritten each time.
 */
export class RecentMap<Value> {
  readonly #capacity: number;
  /** Grows when the generations take turns: what was found before is to be looked up again, or it will be forgotten. */
  generation = 0;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): Value | undefined {
    const value = this.#young.get(key);
    if (value !== undefined) return value;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#capacity && !this.#young.has(key)) {
      this.generation++;
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }
}

import { BytePatterns } from './byte-patterns.ts';

/** Something that requests come by. Of another generation than what knows it, it is to be looked up there again. */
export interface Mark<Self> {
  generation: number;
  /** The one that came after it last time. */
  next: Self | undefined;
}

/**
 * The way that the requests of a sender take: mostly the same series in the same order, so that what came next last
 * time is compared first, byte by byte, which costs less than to make a key of a spelling and look it up.
 */
export class Trail<M extends Mark<M>> {
  first: M | undefined;
  /** The bytes that spell the marks. */
  readonly patterns = new BytePatterns();
}

/** One request on its way along the trail. */
export class TrailWalk<M extends Mark<M>> {
  readonly #trail: Trail<M>;
  readonly #known: { readonly generation: number };
  #last: M | undefined;

  /** @param known what the marks are looked up in: what it has not been asked for in a while it forgets. */
  constructor(trail: Trail<M>, known: { readonly generation: number }) {
    this.#trail = trail;
    this.#known = known;
  }

  /** What came next last time. */
  expected(): M | undefined {
    const mark = this.#last === undefined ? this.#trail.first : this.#last.next;
    return mark !== undefined && mark.generation === this.#known.generation ? mark : undefined;
  }

  /** What was expected came. */
  follow(mark: M): void {
    this.#last = mark;
  }

  /** Another came, as was found by looking it up. */
  pass(mark: M): void {
    mark.generation = this.#known.generation;
    if (this.#last === undefined) this.#trail.first = mark;
    else this.#last.next = mark;
    this.#last = mark;
  }
}

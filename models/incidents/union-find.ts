/** Disjoint sets of `0 .. size - 1`. */
export interface UnionFind {
  union(a: number, b: number): void;
  /** The sets, each ascending, in the order of their first members. */
  sets(): number[][];
}

/** Tarjan's disjoint sets with path halving; the smaller root wins, so that the result does not depend on the order. */
export function createUnionFind(size: number): UnionFind {
  const parent = Uint32Array.from({ length: size }, (_, i) => i);
  const find = (i: number): number => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  return {
    union(a, b) {
      const [rootA, rootB] = [find(a), find(b)];
      if (rootA !== rootB) parent[Math.max(rootA, rootB)] = Math.min(rootA, rootB);
    },
    sets() {
      const sets = new Map<number, number[]>();
      for (let i = 0; i < size; i++) {
        const root = find(i);
        const set = sets.get(root);
        if (set === undefined) sets.set(root, [i]);
        else set.push(i);
      }
      return [...sets.values()];
    },
  };
}

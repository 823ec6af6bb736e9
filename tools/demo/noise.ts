/**
 * Noise without a state: a value is a function of a seed and a place, so that the past can be told again and the
 * present continues it. The mixing is the finalizer of MurmurHash3 (public domain, Austin Appleby).
 */
export function uniformAt(seed: number, place: number): number {
  let hash = (seed ^ Math.imul(place | 0, 0x9e3779b1) ^ Math.imul(Math.floor(place / 2 ** 32), 0x85ebca77)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Standard normal noise, independent from place to place (Box and Muller 1958). */
export function normalAt(seed: number, place: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - uniformAt(seed, place)));
  return radius * Math.cos(2 * Math.PI * uniformAt(seed ^ 0x5bd1e995, place));
}

/** Noise that drifts: standard normal at whole positions, smooth between them. */
export function driftAt(seed: number, position: number): number {
  const place = Math.floor(position);
  const share = position - place;
  const weight = share * share * (3 - 2 * share);
  return normalAt(seed, place) * (1 - weight) + normalAt(seed, place + 1) * weight;
}

/** A seed out of any text (FNV-1a). */
export function seedOf(...parts: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const character of parts.join('\0')) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  return hash >>> 0;
}

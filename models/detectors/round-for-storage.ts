/** Six significant digits: what a state keeps of a learned number, so that its JSON stays small and exact. */
export function roundForStorage(value: number): number {
  return Number(value.toPrecision(6));
}

/**
 * A copy in which missing values (NaN) are filled: inside by a straight line between the neighbours, at the ends by
 * the nearest observed value. All NaN when nothing is observed.
 *
 * @example
 * fillGaps(Float64Array.of(NaN, 1, NaN, 3)) // [1, 1, 2, 3]
 */
export function fillGaps(values: Float64Array): Float64Array {
  const filled = values.slice();
  let last = -1;
  for (let i = 0; i < filled.length; i++) {
    if (Number.isNaN(filled[i]!)) continue;
    if (last < 0) filled.fill(filled[i]!, 0, i);
    else drawLine(filled, last, i);
    last = i;
  }
  if (last >= 0) filled.fill(filled[last]!, last + 1);
  return filled;
}

function drawLine(values: Float64Array, from: number, to: number): void {
  const slope = (values[to]! - values[from]!) / (to - from);
  for (let i = from + 1; i < to; i++) values[i] = values[from]! + slope * (i - from);
}

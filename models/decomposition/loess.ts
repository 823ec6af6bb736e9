/**
 * Locally weighted linear regression (loess; Cleveland, 1979) of values on the whole numbers, tricube weights.
 *
 * @param window how many neighbours a fit takes, odd; with more than there are values, all with flatter weights.
 * @param jump the fit is made at every so many positions, and joined by straight lines.
 * @param from the first position that is answered, may be negative; `to`, the last, may lie beyond the values.
 */
export function loess(
  values: Float64Array,
  window: number,
  jump: number,
  from = 0,
  to = values.length - 1,
): Float64Array {
  const fitted = new Float64Array(to - from + 1);
  let last = from;
  fitted[0] = fitAt(values, window, from);
  while (last < to) {
    const next = Math.min(last + jump, to);
    const value = fitAt(values, window, next);
    const start = fitted[last - from]!;
    const slope = (value - start) / (next - last);
    for (let i = last + 1; i < next; i++) fitted[i - from] = start + slope * (i - last);
    fitted[next - from] = value;
    last = next;
  }
  return fitted;
}

function fitAt(values: Float64Array, window: number, position: number): number {
  const n = values.length;
  const size = Math.min(window, n);
  const left = Math.max(0, Math.min(n - size, Math.round(position - (size - 1) / 2)));
  const right = left + size - 1;
  const reach = Math.max(position - left, right - position) + Math.max(0, Math.floor((window - n) / 2));
  let weights = 0;
  let x1 = 0;
  let x2 = 0;
  let y0 = 0;
  let y1 = 0;
  for (let i = left; i <= right; i++) {
    const x = i - position;
    const distance = Math.abs(x) / reach;
    if (distance > 0.999) continue;
    const closeness = 1 - distance * distance * distance;
    const weight = distance < 0.001 || reach === 0 ? 1 : closeness * closeness * closeness;
    const y = values[i]!;
    weights += weight;
    x1 += weight * x;
    x2 += weight * x * x;
    y0 += weight * y;
    y1 += weight * x * y;
  }
  const determinant = weights * x2 - x1 * x1;
  return determinant > 1e-9 * weights * weights ? (x2 * y0 - x1 * y1) / determinant : y0 / weights;
}

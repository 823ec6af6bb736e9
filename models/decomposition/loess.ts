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
  const half = (window - 1) / 2;
  const weights = window <= values.length ? tricubes(half) : undefined;
  const smoothAt = (position: number) =>
    weights !== undefined && position >= half && position < values.length - half
      ? averageAround(values, weights, position)
      : fitAt(values, window, position);
  let last = from;
  fitted[0] = smoothAt(from);
  while (last < to) {
    const next = Math.min(last + jump, to);
    const value = smoothAt(next);
    const start = fitted[last - from]!;
    const slope = (value - start) / (next - last);
    for (let i = last + 1; i < next; i++) fitted[i - from] = start + slope * (i - last);
    fitted[next - from] = value;
    last = next;
  }
  return fitted;
}

/** `weights[d]` for the distance d, so that the weights of a whole window sum to 1. */
function tricubes(half: number): Float64Array {
  const weights = Float64Array.from({ length: half + 1 }, (_, distance) => tricube(half === 0 ? 0 : distance / half));
  const sum = weights.reduce((total, weight, distance) => total + (distance === 0 ? weight : 2 * weight), 0);
  return weights.map((weight) => weight / sum);
}

/** Amid its window a linear fit is the weighted mean, for the slopes of both sides cancel. */
function averageAround(values: Float64Array, weights: Float64Array, position: number): number {
  let sum = weights[0]! * values[position]!;
  for (let distance = 1; distance < weights.length; distance++) {
    sum += weights[distance]! * (values[position - distance]! + values[position + distance]!);
  }
  return sum;
}

function tricube(share: number): number {
  if (share > 0.999) return 0;
  if (share < 0.001) return 1;
  const closeness = 1 - share * share * share;
  return closeness * closeness * closeness;
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
    const weight = tricube(reach === 0 ? 0 : Math.abs(x) / reach);
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

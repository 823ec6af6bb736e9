/**
 * The weights of an autoregression, nearest lag first, by Burg's recursion (1975), of the order up to `highestOrder`
 * with the least AICc. The model is stationary: its forecasts return to 0. Values are taken to have mean 0.
 *
 * @returns none when the values say nothing, as when all are 0.
 */
export function burg(values: Float64Array, highestOrder: number): Float64Array {
  const n = values.length;
  const forward = values.slice();
  const backward = values.slice();
  let weights = new Float64Array(0);
  let error = values.reduce((sum, value) => sum + value * value, 0) / n;
  let best = { criterion: n * Math.log(error) + 2, weights };
  for (let order = 1; order <= highestOrder && 3 * order < n && error > 0; order++) {
    let product = 0;
    let energy = 0;
    for (let i = order; i < n; i++) {
      const f = forward[i]!;
      const b = backward[i - 1]!;
      product += f * b;
      energy += f * f + b * b;
    }
    if (energy === 0) break;
    const reflection = (2 * product) / energy;
    const next = new Float64Array(order);
    for (let j = 0; j < order - 1; j++) next[j] = weights[j]! - reflection * weights[order - 2 - j]!;
    next[order - 1] = reflection;
    weights = next;
    for (let i = n - 1; i >= order; i--) {
      const f = forward[i]!;
      const b = backward[i - 1]!;
      forward[i] = f - reflection * b;
      backward[i] = b - reflection * f;
    }
    error *= 1 - reflection * reflection;
    const criterion = n * Math.log(error) + (2 * (order + 1) * n) / (n - order - 2);
    if (criterion < best.criterion) best = { criterion, weights };
  }
  return best.weights;
}

import { meanAbsoluteError } from '../evaluation/mean-absolute-error.ts';
import { mean } from '../statistics/mean.ts';
import type { Trial, Trials } from './trials.ts';

/** A weighted mean of members, and the same mean at each earlier moment. */
export interface Combination {
  weights: { id: string; weight: number; error: number }[];
  ahead: Float64Array;
  /**
   * `tests[k]` is what was forecast from `origins[k]`, with the weights that the other tests give: no test judges by
   * its own outcome.
   */
  tests: Float64Array[];
}

/** Each so many steps that were compared make the better member count for more, within bounds. */
const stepsPerPower = 20;
const leastPower = 3;
const highestPower = 10;

/**
 * Weighs each member by its mean absolute error in the tests to a negative power, as the likelihood of errors from a
 * Laplace distribution would (error to the power of minus the number of steps), tempered, for steps that follow one
 * another are not independent. The more was compared, the more the weights trust it.
 *
 * @param actual the history; a missing value (NaN) is not compared.
 */
export function combine({ members, origins, testedHorizon }: Trials, actual: Float64Array): Combination {
  const truths = origins.map((origin) => actual.subarray(origin, origin + testedHorizon));
  const errors = members.map(({ tests }) =>
    tests.map((test, k) => (test === undefined ? Number.NaN : meanAbsoluteError(truths[k]!, test))),
  );
  const power = Math.max(leastPower, Math.min(highestPower, (origins.length * testedHorizon) / stepsPerPower));
  const meanErrors = (without?: number) => errors.map((each) => mean(each.filter((_, k) => k !== without)));
  /** Of the members that could answer test k, by what the other tests say, or by all where there are no others. */
  const weightsOfTest = (k: number) => {
    const others = origins.length > 1 ? meanErrors(k) : overall;
    return weigh(
      others.map((error, m) => (members[m]!.tests[k] === undefined ? Number.POSITIVE_INFINITY : error)),
      power,
    );
  };
  const overall = meanErrors();
  const weights = weigh(overall, power);
  return {
    weights: members.map(({ id }, m) => ({ id, weight: weights[m]!, error: overall[m]! })),
    ahead: mix(members, weights, ({ ahead }) => ahead),
    tests: origins.map((_, k) => mix(members, weightsOfTest(k), ({ tests }) => tests[k])),
  };
}

/** Weights that sum to 1. A member without an error to judge by (NaN) has none, unless no member has one. */
function weigh(errors: readonly number[], power: number): number[] {
  const possible = errors.filter((error) => error !== Number.POSITIVE_INFINITY);
  const best = Math.min(...possible.filter((error) => error >= 0));
  const raw = errors.map((error) => {
    if (error === Number.POSITIVE_INFINITY) return 0;
    if (!Number.isFinite(best)) return 1;
    if (Number.isNaN(error)) return 0;
    return error === best ? 1 : (best / error) ** power;
  });
  const total = raw.reduce((sum, each) => sum + each, 0);
  return raw.map((each) => each / total);
}

/** NaN throughout where nobody gave a forecast. */
function mix(
  members: readonly Trial[],
  weights: readonly number[],
  forecastOf: (member: Trial) => Float64Array | undefined,
): Float64Array {
  const mixed = new Float64Array(members[0]!.ahead.length);
  if (!members.some((member) => forecastOf(member) !== undefined)) return mixed.fill(Number.NaN);
  for (const [m, member] of members.entries()) {
    const forecast = forecastOf(member);
    if (forecast === undefined) continue;
    for (let h = 0; h < mixed.length; h++) mixed[h]! += weights[m]! * forecast[h]!;
  }
  return mixed;
}

import { mad, madToSigma } from '../statistics/mad.ts';
import { mean } from '../statistics/mean.ts';
import { median } from '../statistics/median.ts';
import { theilSenSlope } from './theil-sen.ts';

/** A level that grows, in the unit of the values and a step. */
export interface Growth {
  /** The level at the end, and how far off it may be (standard deviation). */
  level: number;
  levelError: number;
  /** Growth a step, drawn to 0 as far as it may be chance, and how far off it may be. */
  drift: number;
  driftError: number;
  /** The standard deviation of what passes (around the level), and of what stays (of the level itself), a step. */
  passing: number;
  staying: number;
}

/** A part of the series with a growth of its own has so many steps at least ... */
const shortestPart = 6;
/** ... and grows differently by so many standard errors. */
const differentBy = 3;
/** The usual change is that of so many steps before and after. */
const around = 4;
/** The level follows the newest values at least so fast. */
const leastGain = 0.2;

/**
 * Takes a series apart into a level with a drift, what stays and what passes: the local level model with drift (Harvey,
 * 1989), by moments of the changes, which are cut at four robust deviations. The drift is that of the newest part of
 * the series (a half, a quarter, ...) which grows differently from the whole; within its own error it is 0:
 * `drift = slope * max(0, 1 - 2 (error / slope)^2)`, so that noise is not taken for growth. `values` are finite.
 */
export function fitGrowth(values: Float64Array): Growth {
  const { passing, staying } = variances(values);
  const error = (length: number) => Math.sqrt((1.2 * staying) / length + (12 * passing) / length ** 3);
  let length = values.length;
  let slope = theilSenSlope(values);
  for (let part = Math.ceil(length / 2); part >= shortestPart; part = Math.ceil(part / 2)) {
    const ofPart = theilSenSlope(values.subarray(-part));
    if (Math.abs(ofPart - slope) <= differentBy * error(part)) continue;
    slope = ofPart;
    length = part;
  }
  const trust = slope === 0 ? 0 : Math.max(0, 1 - 2 * (error(length) / slope) ** 2);
  const ratio = passing > 0 ? staying / passing : Number.POSITIVE_INFINITY;
  const gain = Math.max(leastGain, kalmanGain(ratio));
  return {
    level: lastLevel(values.subarray(-length), slope, gain),
    levelError: Math.sqrt(gain * passing),
    drift: trust * slope,
    driftError: Math.sqrt(trust) * error(length),
    passing: Math.sqrt(passing),
    staying: Math.sqrt(staying),
  };
}

/**
 * From the variance of the changes and their covariance with the change before, each taken from the usual change
 * around it, so that growth which comes and goes is not taken for noise. Were the usual change known, they would be
 * `staying + 2 passing` and `-passing`; as it is the median of nine they are, on 100,000 simulated normal changes,
 * `0.945 staying + 2.148 passing` and `-0.085 staying - 0.920 passing`, which is solved here.
 */
function variances(values: Float64Array): { passing: number; staying: number } {
  const changes = values.slice(1).map((value, i) => value - values[i]!);
  if (changes.length < 2) return { passing: 0, staying: 0 };
  const usual = changes.map((_, i) => median(changes.subarray(Math.max(0, i - around), i + around + 1)));
  const off = changes.map((change, i) => change - usual[i]!);
  const reach = 4 * madToSigma * mad(off);
  const cut = off.map((change) => Math.max(-reach, Math.min(reach, change)));
  const variance = mean(cut.map((change) => change * change));
  const covariance = mean(cut.slice(1).map((change, i) => change * cut[i]!));
  const staying = (0.92 * variance + 2.148 * covariance) / (0.945 * 0.92 - 2.148 * 0.085);
  if (staying <= 0) return { passing: variance / 2.148, staying: 0 };
  const passing = (variance - 0.945 * staying) / 2.148;
  return passing <= 0 ? { passing: 0, staying: variance / 0.945 } : { passing, staying };
}

/** The share of a surprise by which the level moves, in the steady state of the Kalman filter; `ratio` is staying / passing. */
function kalmanGain(ratio: number): number {
  if (!Number.isFinite(ratio)) return 1;
  const predicted = (ratio + Math.sqrt(ratio * ratio + 4 * ratio)) / 2;
  return predicted / (predicted + 1);
}

function lastLevel(values: Float64Array, slope: number, gain: number): number {
  let level = median(values.map((value, t) => value + slope * (values.length - 1 - t)));
  level -= slope * (values.length - 1);
  for (const [t, value] of values.entries()) {
    if (t > 0) level += slope;
    level += gain * (value - level);
  }
  return level;
}

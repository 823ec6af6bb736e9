import type { Points } from '../series.ts';
import type { FlatState } from './flat-state.ts';

/**
 * What every detector says of a sample. A score means the same everywhere: `score > 1` is anomalous, whatever the
 * detector. It scores; whether somebody is woken is decided apart from it (`models/thresholds.ts`).
 */
export interface Verdict {
  /**
   * 0 is perfectly ordinary, 1 the edge of the band, above 1 anomalous and new. What goes on after that stays below 1
   * until it becomes much worse. Finite, never negative.
   */
  score: number;
  /** The value that was expected, and the band around it, in the unit of the metric. `lower <= expected <= upper`. */
  expected: number;
  lower: number;
  upper: number;
  /** 0 (has seen nothing) to 1 (has seen all that it needs). A score before maturity 0.1 is 0. */
  maturity: number;
  /** One phrase for a person, empty unless `score > 1`: "3.2 times above what 14:00 UTC shows". */
  reason: string;
  /** A level that lasted was accepted: it is what is expected from this sample on. Null or absent almost always. */
  acceptedShift?: LevelShift | null;
}

/** A level that was taken for new: what was expected on average since it began, and what came instead. */
export interface LevelShift {
  fromLevel: number;
  toLevel: number;
}

/** What is known of a series before its first sample. */
export interface SeriesTraits {
  /** Its values count events: by chance alone they vary as a Poisson variable does, by the root of what is expected. */
  isCount: boolean;
}

export interface DetectorSettings {
  /** How many alarms a week one series may give in the long run while nothing is wrong; greater than 0. */
  alarmsPerSeriesPerWeek: number;
  /**
   * What people have made of the threshold of the series; 1 when absent. A raised one changes no score: what passes 1 and not the
   * factor is for a decider to hold back, and does not keep what passes the factor after it from being new. Below 1,
   * scores and band are measured by it.
   */
  thresholdFactor?: number;
}

export const defaultDetectorSettings: DetectorSettings = { alarmsPerSeriesPerWeek: 0.5 };

/**
 * A streaming detector of one series.
 *
 * The state is numbers in a row (`flat-state.ts`). `update` scores the sample against what the state knew before it
 * (the scale never includes the sample itself), then lets the state learn from it. It is the only path: a batch is the
 * fold of it (`foldDetector`). It is deterministic, has no clock and never sees the future.
 * Samples come in ascending order of time; one that is not later than the last, or not finite, must be refused by
 * the caller, for a detector need not check.
 */
export interface Detector {
  readonly id: string;
  /** The numbers of a state. */
  readonly stateLength: number;
  /** Which meaning the numbers have; a state of another version cannot be gone on with. */
  readonly stateVersion: number;
  /** Makes of a state, whatever it holds, a fresh one that has seen nothing. */
  init(state: FlatState, traits?: SeriesTraits): void;
  /** Scores one sample and updates `state` in place. `timeMs` is Unix milliseconds. */
  update(state: FlatState, timeMs: number, value: number, settings?: DetectorSettings): Verdict;
}

/** A fresh state of its own. */
export function newState(detector: Detector, traits?: SeriesTraits): FlatState {
  const state = new Float32Array(detector.stateLength);
  detector.init(state, traits);
  return state;
}

/**
 * Folds `points` into `state` (updated in place) and returns a verdict for each point, in order.
 */
export function foldDetector(
  detector: Detector,
  state: FlatState,
  points: Points,
  settings: DetectorSettings = defaultDetectorSettings,
): Verdict[] {
  const verdicts = new Array<Verdict>(points.times.length);
  for (let i = 0; i < verdicts.length; i++) {
    verdicts[i] = detector.update(state, points.times[i]!, points.values[i]!, settings);
  }
  return verdicts;
}

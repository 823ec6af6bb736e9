import { type FlatState, layOut } from './flat-state.ts';
import { closeNewcomersHour, closeQuarterDay, noteDistance, reachedOnce, reachedTwice, reachLength } from './reach.ts';

const hoursOfScale = 24;
/** A distance teaches the scale at most this many times its mean. */
const scaleClip = 3;
const unclippedSamples = 50;

/**
 * One side of a statistic that is near 0 while all is well: how far it may go. Like the band, the edge is so many mean
 * distances away, and beyond what was reached twice. It begins with zeros.
 */
const { at, length } = layOut({ scale: 1, reach: reachLength });
export const edgeLength = length;

export interface EdgeOptions {
  /** The edge lies so many mean distances away, */
  distances: number;
  /** and so many times as far as what was reached twice. */
  beyondReach: number;
}

/** Where the edge lies before the sample is seen; at least `least`, which is greater than 0. */
export function edgeOf(state: FlatState, edge: number, { distances, beyondReach }: EdgeOptions, least: number): number {
  return Math.max(least, distances * state[edge + at.scale]!, beyondReach * reachedTwice(state, edge + at.reach));
}

/** Where it would lie if what was reached once were reached again. */
export function onceEdgeOf(state: FlatState, edge: number, { beyondReach }: EdgeOptions): number {
  return beyondReach * reachedOnce(state, edge + at.reach);
}

/** Learns a distance, 0 when the statistic lies on the other side. */
export function learnEdge(
  state: FlatState,
  edge: number,
  distance: number,
  samples: number,
  elapsedHours: number,
  isOutside: boolean,
): void {
  const scale = state[edge + at.scale]!;
  const clipped = samples < unclippedSamples ? distance : Math.min(distance, scaleClip * scale);
  state[edge + at.scale] = scale + Math.max(1 / samples, elapsedHours / hoursOfScale) * (clipped - scale);
  noteDistance(state, edge + at.reach, distance, isOutside);
}

export function endEdgeNewcomersHour(state: FlatState, edge: number): void {
  closeNewcomersHour(state, edge + at.reach);
}

export function endEdgeQuarterDay(state: FlatState, edge: number): void {
  closeQuarterDay(state, edge + at.reach);
}

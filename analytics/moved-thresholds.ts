import { decodeState, encodeState, type FlatState } from '../models/detectors/flat-state.ts';
import { getDetector } from '../models/detectors/registry.ts';
import { type FactorPiece, factorsOver } from '../models/feedback/factors-over.ts';
import { keepUntold } from '../models/feedback/keep-untold.ts';
import type { ModelPool } from '../models/pool.ts';
import type { Points } from '../models/series.ts';
import type { DetectInput, DetectResult } from '../models/tasks.ts';
import { type Anomaly, initThreshold, type ThresholdState } from '../models/thresholds.ts';
import { pointsOfSelected } from '../store/queries/packed-points.ts';
import { grains } from '../store/queries/points.ts';
import type { Feedback } from '../store/records/feedback.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { AgentMemory } from './agent-findings.ts';
import { decide, detector, thresholdOptions } from './detection-rows.ts';
import { firstAfter } from './score-block.ts';

/** What finds the anomalies that only a moved threshold tells: that of the series by itself, or people's. */
export const movedDetector = `${detector}-by-feedback`;

export interface MovedDeps {
  telemetry: TelemetryStore;
  models: ModelPool;
  alarmsPerSeriesPerWeek: number;
}

/** A series whose threshold people have moved, and from where on it is judged. */
export interface MovedSeries {
  id: string;
  stepMs: number;
  feedback: readonly Feedback[];
  before: MovedMemory;
}

/** What is remembered of it between windows: the detector by the plain threshold, and by the moved one. Plain data. */
export interface MovedMemory extends AgentMemory {
  detector: MovedState;
}

interface MovedState {
  /** The feedback by which it was judged. */
  said: string;
  version: number;
  /** States as text; empty for a series that has seen nothing. */
  plain: string;
  moved: string;
  /** Of the plain threshold. */
  threshold: ThresholdState;
}

/** A series that was judged: what it knows now, and the anomalies that only the moved threshold tells. */
export interface MovedVerdict {
  id: string;
  stepMs: number;
  memory: MovedMemory;
  found: Anomaly[];
  /** Why it could not be judged. */
  error?: string;
}

/** Tells one set of feedback from another. */
export function saidOf(feedback: readonly Feedback[]): string {
  return feedback
    .map(({ id }) => id)
    .sort()
    .join(' ');
}

/** The memory of a series of which no moved threshold has seen anything: that of the plain one, which is both. */
export function beginMoved(
  feedback: readonly Feedback[],
  plain: FlatState | null,
  threshold: ThresholdState,
  asOf: number,
): MovedMemory {
  const state = plain === null ? '' : encodeState(plain);
  const { stateVersion: version } = getDetector(detector);
  return {
    detector: { said: saidOf(feedback), version, plain: state, moved: state, threshold },
    threshold: initThreshold(),
    asOf,
  };
}

/** Whether a memory goes on with what is said now. */
export function goesOnWith({ detector: state }: AgentMemory, feedback: readonly Feedback[]): boolean {
  const { said, version } = state as MovedState;
  return said === saidOf(feedback) && version === getDetector(detector).stateVersion;
}

/** A series on its way through the pieces of time in which its threshold was the same. */
interface Lane {
  series: MovedSeries;
  pieces: FactorPiece[];
  points: Points;
  plain: FlatState | null;
  moved: FlatState | null;
  /** Of the plain threshold, and of what is left of the moved one. */
  states: { plain: ThresholdState; moved: ThresholdState };
  found: Map<number, Anomaly>;
  error?: string;
}

/**
 * Judges series of one step, which were all judged up to the same time before, up to `to`: once by the threshold that
 * everybody begins with and once by the one that people have made of it. What the first tells is not told again.
 *
 * A function of the points and of the feedback: feedback that is taken back leaves nothing.
 */
export async function judgeMoved(
  { telemetry, models, alarmsPerSeriesPerWeek }: MovedDeps,
  tenant: string,
  series: readonly MovedSeries[],
  to: number,
  signal?: AbortSignal,
): Promise<MovedVerdict[]> {
  if (series.length === 0) return [];
  const lanes = await readLanes(telemetry, tenant, series, to);
  for (let round = 0; ; round++) {
    const active = lanes.filter(({ pieces, error }) => round < pieces.length && error === undefined);
    if (active.length === 0) break;
    const inputs = active.flatMap((lane) => inputsOf(lane, round));
    const request = { detector, settings: { alarmsPerSeriesPerWeek }, series: inputs };
    const results = await models.detect(request, signal && { signal });
    for (const [i, lane] of active.entries()) take(lane, round, inputs[2 * i]!.points, results.slice(2 * i, 2 * i + 2));
  }
  return lanes.map((lane) => toVerdict(lane, to));
}

async function readLanes(
  telemetry: TelemetryStore,
  tenant: string,
  series: readonly MovedSeries[],
  to: number,
): Promise<Lane[]> {
  const { stepMs, before } = series[0]!;
  const { stateLength } = getDetector(detector);
  const onStep = (time: number) => Math.floor(time / stepMs) * stepMs;
  const range = { from: onStep(before.asOf), to: onStep(to) };
  const grain = stepMs === grains.hour.stepMs ? 'hour' : 'minute';
  const ids = series.map(({ id }) => id);
  const rows = await telemetry.queryPacked(pointsOfSelected[grain], { tenant, ids, ...range });
  const pointsOf = new Map(rows.map(({ id, points }) => [id, points]));
  const nothing: Points = { times: new Float64Array(), values: new Float64Array() };
  return series.map((each) => {
    const { detector: state, threshold } = each.before;
    return {
      series: each,
      pieces: factorsOver(each.feedback, range.from, range.to),
      points: pointsOf.get(each.id) ?? nothing,
      plain: decodeState(state.plain, stateLength),
      moved: decodeState(state.moved, stateLength),
      states: { plain: state.threshold, moved: threshold },
      found: new Map(),
    };
  });
}

function inputsOf({ series: { stepMs }, pieces, points, plain, moved }: Lane, round: number): DetectInput[] {
  const { from, to, factor } = pieces[round]!;
  const [first, end] = [firstAfter(points.times, from - 1), firstAfter(points.times, to - 1)];
  const piece = { times: points.times.subarray(first, end), values: points.values.subarray(first, end) };
  const traits = { isCount: stepMs === grains.hour.stepMs };
  return [
    { state: plain, traits, points: piece },
    { state: moved, traits, points: piece, thresholdFactor: factor },
  ];
}

function take(lane: Lane, round: number, points: Points, [plain, moved]: readonly DetectResult[]): void {
  const { series, states } = lane;
  const { stepMs, feedback } = series;
  const error = plain!.error ?? moved!.error;
  if (error !== undefined) {
    lane.error = error;
    return;
  }
  const { factor } = lane.pieces[round]!;
  const options = { feedback, factor, threshold: thresholdOptions(stepMs) };
  states.plain = keepUntold(points, plain!.verdicts, moved!.verdicts, states.plain, options);
  const decided = decide(states.moved, { id: series.id, stepMs, ...points }, moved!, series.before.asOf);
  states.moved = decided.state;
  for (const anomaly of decided.changed) lane.found.set(anomaly.startMs, anomaly);
  [lane.plain, lane.moved] = [plain!.state, moved!.state];
}

function toVerdict({ series, plain, moved, states, found, error }: Lane, to: number): MovedVerdict {
  const { id, stepMs, feedback } = series;
  const begun = beginMoved(feedback, plain, states.plain, to);
  const state = { ...begun.detector, moved: moved === null ? '' : encodeState(moved) };
  const memory = { ...begun, detector: state, threshold: states.moved };
  return { id, stepMs, memory, found: [...found.values()], ...(error !== undefined && { error }) };
}

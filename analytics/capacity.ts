import type { CapacityAnswer, CapacityQuestion, CapacityReason, Direction } from '../models/capacity/capacity.ts';
import type { ModelPool } from '../models/pool.ts';
import {
  type CapacityCells,
  capacityCells,
  type combinations,
  type groupings,
} from '../store/queries/capacity-cells.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { createBreather } from '../telemetry/turn.ts';

/** When do the selected series reach a limit, each or in groups? */
export interface CapacityInquiry {
  tenant: string;
  metric: string;
  agent: string;
  type: string;
  /** One series; empty for all. */
  id: string;
  by: (typeof groupings)[number];
  /** How the series of a group become one; undefined for the way of the metric. */
  combine: (typeof combinations)[number] | undefined;
  /** A number for all, or the metric whose newest value is the limit of each. */
  limit: number | { metric: string };
  direction: Direction;
  horizonDays: number;
  /** Unix milliseconds on the hour: what is known by then. */
  to: number;
  withOutlook: boolean;
}

export const capacityRowReasons = ['insufficient_history', 'no_limit'] as const;

/** One row of the answer; times are Unix milliseconds. What is not known is null. */
export interface CapacityRow extends Pick<CapacityCells, 'key' | 'agent' | 'type' | 'labels' | 'unit' | 'series'> {
  limit: number | null;
  latest: number;
  latestAt: number;
  answer: CapacityAnswer | null;
  /** Why there is no date, of the answer or of the lack of one. */
  reason: CapacityReason | (typeof capacityRowReasons)[number] | null;
  /** In cells, where history is insufficient. */
  needed: number | null;
  available: number | null;
  cellMs: number;
  /** The extremes by cell that the answer was drawn from, oldest first. */
  history: Float64Array;
}

const hourMs = 3_600_000;
const questionsPerTask = 250;

/** The cells of a question: fine ones for a near horizon, and as much history as shows a trend and its season. */
export function cellsOf(horizonDays: number): { cellHours: number; cells: number; seasonLength: number } {
  if (horizonDays <= 3) return { cellHours: 1, cells: 120, seasonLength: 24 };
  if (horizonDays <= 10) return { cellHours: 6, cells: 112, seasonLength: 4 };
  return { cellHours: 24, cells: 112, seasonLength: 7 };
}

/**
 * Answers an inquiry, the row that is reached first standing first: those passed already, then by date, then by how
 * likely it is; rows without an answer stand last. Computed in the workers.
 *
 * @throws ModelTaskError when the workers give no answer, or `signal` is aborted.
 */
export async function rankCapacity(
  { telemetry, models }: { telemetry: TelemetryStore; models: ModelPool },
  inquiry: CapacityInquiry,
  signal: AbortSignal,
): Promise<CapacityRow[]> {
  const groups = await readCells(telemetry, inquiry, inquiry.metric, inquiry.id);
  const limitOf = await readLimits(telemetry, inquiry);
  const rows = groups.map((group) => emptyRow(group, inquiry, limitOf(group)));
  const asked = rows.filter(({ limit }) => limit !== null);
  const breather = createBreather();
  const tasks: Promise<void>[] = [];
  for (let start = 0; start < asked.length; start += questionsPerTask) {
    const batch = asked.slice(start, start + questionsPerTask);
    const questions = batch.map((row) => questionOf(row, inquiry));
    tasks.push(
      models.capacity({ questions }, { signal }).then((answers) => {
        for (const [i, row] of batch.entries()) setAnswer(row, answers[i]!);
      }),
    );
    if (breather.isDue()) await breather.now();
  }
  await Promise.all(tasks);
  return rows.sort(byUrgency);
}

function readCells(
  telemetry: TelemetryStore,
  { tenant, agent, type, by, combine, direction, horizonDays, to }: CapacityInquiry,
  metric: string,
  id: string,
): Promise<CapacityCells[]> {
  const { cellHours, cells } = cellsOf(horizonDays);
  const range = { from: to - cells * cellHours * hourMs, to, cellHours };
  const extreme = direction === 'above' ? 'max' : 'min';
  return telemetry.query(capacityCells, {
    tenant,
    metric,
    agent,
    type,
    id,
    by,
    combine: combine ?? '',
    extreme,
    ...range,
  });
}

/**
 * The limit of a group. Where limits are a metric, a series has that of the series with the same labels, else the one
 * that its agent has.
 */
async function readLimits(
  telemetry: TelemetryStore,
  inquiry: CapacityInquiry,
): Promise<(group: CapacityCells) => number | null> {
  const { limit, by } = inquiry;
  if (typeof limit === 'number') return () => limit;
  const limits = await readCells(telemetry, inquiry, limit.metric, '');
  if (by !== 'series') {
    const byKey = new Map(limits.map(({ key, latest }) => [key, latest]));
    return ({ key }) => byKey.get(key) ?? null;
  }
  const textOf = (labels: Record<string, string>) => JSON.stringify(Object.entries(labels).sort());
  const byLabels = new Map(limits.map(({ labels, latest }) => [textOf(labels), latest]));
  return ({ labels, agent }) => byLabels.get(textOf(labels)) ?? byLabels.get(textOf({ agent })) ?? null;
}

function emptyRow(group: CapacityCells, { horizonDays }: CapacityInquiry, limit: number | null): CapacityRow {
  const { key, agent, type, labels, unit, series, latest, latest_at: latestAt } = group;
  const { cellHours } = cellsOf(horizonDays);
  const oldest = Math.max(...group.cells);
  const history = new Float64Array(oldest + 1).fill(Number.NaN);
  for (const [i, ago] of group.cells.entries()) history[oldest - ago] = group.values[i]!;
  const unanswered = {
    answer: null,
    needed: null,
    available: null,
    reason: limit === null ? ('no_limit' as const) : null,
  };
  return {
    key,
    agent,
    type,
    labels,
    unit,
    series,
    limit,
    latest,
    latestAt,
    ...unanswered,
    cellMs: cellHours * hourMs,
    history,
  };
}

function questionOf(
  { history, cellMs, latest, limit }: CapacityRow,
  { horizonDays, direction, to, withOutlook }: CapacityInquiry,
): CapacityQuestion {
  const { cellHours, seasonLength } = cellsOf(horizonDays);
  return {
    history: { startMs: to - history.length * cellMs, stepMs: cellMs, values: history },
    latest,
    limit: limit!,
    direction,
    horizon: Math.ceil((horizonDays * 24) / cellHours),
    seasonLength,
    withOutlook,
  };
}

function setAnswer(row: CapacityRow, answer: Awaited<ReturnType<ModelPool['capacity']>>[number]): void {
  if (answer.ok) {
    row.answer = answer;
    row.reason = answer.reason;
  } else {
    row.reason = answer.reason;
    row.needed = answer.needed;
    row.available = answer.available;
  }
}

function byUrgency(a: CapacityRow, b: CapacityRow): number {
  const date = (row: CapacityRow, name: 'reachedAt' | 'reachedAtLow') => row.answer?.[name] ?? Number.MAX_VALUE;
  const isPassed = (row: CapacityRow) => (row.answer?.passed ? 0 : 1);
  return (
    isPassed(a) - isPassed(b) ||
    date(a, 'reachedAt') - date(b, 'reachedAt') ||
    date(a, 'reachedAtLow') - date(b, 'reachedAtLow') ||
    (b.answer?.probability ?? -1) - (a.answer?.probability ?? -1) ||
    (a.key < b.key ? -1 : 1)
  );
}

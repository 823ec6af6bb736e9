import type { Anomaly, Column, Forecast, LevelShift, SeriesInfo, SeriesPoints, SeriesScores } from './api-types.ts';
import type { ChartBand, ChartLine, ChartSpec } from './chart.ts';
import { breakGaps, fillCounts, lastPoint, type TimeTable, typicalStepMs } from './columns.ts';
import { displayUnit, formatTime, formatValue } from './format.ts';
import { labelText } from './marks.ts';

interface SeriesChartInput {
  series: SeriesInfo;
  points: Pick<SeriesPoints, 'stepSeconds' | 'times' | 'values'>;
  scores?: SeriesScores | undefined;
  forecast?: Forecast | undefined;
  anomalies: readonly Anomaly[];
  shifts?: readonly Pick<LevelShift, 'acceptedAt' | 'fromLevel' | 'toLevel'>[];
  /** What of the past is shown, at most from the first sample; and how far the forecast may reach beyond it. */
  range: readonly [from: number, to: number];
  maxAheadMs: number;
  isTall?: boolean;
}

/** A series with what was expected of it, what was strange about it and what is expected to come. */
export function seriesChart({
  series,
  points,
  scores,
  forecast,
  anomalies,
  shifts = [],
  range,
  maxAheadMs,
  isTall = false,
}: SeriesChartInput): ChartSpec {
  const gapMs = 3 * Math.max(typicalStepMs(points.times), points.stepSeconds * 1000);
  const observed =
    series.aggregation === 'sum'
      ? fillCounts(points.times, points.values, { stepMs: points.stepSeconds * 1000, untilMs: range[1] })
      : breakGaps({ times: points.times, columns: [points.values] }, gapMs);
  const tables: TimeTable[] = [observed];
  const lines: ChartLine[] = [{ name: 'Observed', column: 0, color: '--observed', widthPixels: 1.5 }];
  const bands: ChartBand[] = [];
  if (scores !== undefined) {
    tables.push(breakGaps({ times: scores.times, columns: [scores.lower, scores.upper] }, gapMs));
    bands.push({ name: 'Expected', lower: 1, upper: 2, color: '--expected-band' });
  }
  let to = range[1];
  const last = lastPoint(observed.times, observed.columns[0]!);
  const ahead =
    forecast &&
    forecastTable(forecast, { points, last, aggregation: series.aggregation, until: range[1] + maxAheadMs });
  if (ahead !== undefined) {
    const first = tables.reduce((sum, { columns }) => sum + columns.length, 0);
    tables.push(ahead);
    lines.push({ name: 'Forecast', column: first + 2, color: '--forecast', widthPixels: 2, isDashed: true });
    // The wider first, for the inner one is drawn upon it.
    bands.push(
      { name: '95 %', lower: first, upper: first + 4, color: '--forecast-outer' },
      { name: '80 %', lower: first + 1, upper: first + 3, color: '--forecast-inner' },
    );
    to = Math.max(to, ahead.times.at(-1) ?? to);
  }
  const shownUnit = displayUnit(series.metric, series.unit);
  return {
    key: `${series.id}-${scores !== undefined}-${ahead !== undefined}`,
    label: describe(series, last, ahead, shownUnit),
    unit: shownUnit,
    range: [Math.min(Math.max(range[0], Date.parse(series.firstTime)), range[1] - 60_000), to],
    tables,
    lines,
    bands,
    spans: anomalies.map(({ startedAt, endedAt }) => ({
      from: Date.parse(startedAt),
      to: endedAt === null ? range[1] : Date.parse(endedAt),
    })),
    shifts: shifts
      .map(({ acceptedAt, fromLevel, toLevel }) => ({
        timeMs: Date.parse(acceptedAt),
        text: `${formatValue(fromLevel, shownUnit)} \u2192 ${formatValue(toLevel, shownUnit)}`,
      }))
      .sort((a, b) => a.timeMs - b.timeMs),
    ...(ahead !== undefined && last !== undefined && { presentMs: last.time }),
    isTall,
  };
}

const shownLevels = [0.025, 0.1, 0.5, 0.9, 0.975];

interface Present {
  points: Pick<SeriesPoints, 'stepSeconds' | 'times' | 'values'>;
  last: { time: number; value: number } | undefined;
  aggregation: string | undefined;
  until: number;
}

/**
 * The quantiles of a forecast as they fit beside the points: a forecast of hours beside points of minutes stands in the
 * middle of its hour, and a count an hour becomes a count a minute. It begins at the last point where that is
 * before it and of the same kind.
 */
function forecastTable(forecast: Forecast, { points, last, aggregation, until }: Present): TimeTable | undefined {
  const columns = shownLevels.map(
    (level) => forecast.quantiles[forecast.levels.findIndex((each) => each !== null && Math.abs(each - level) < 1e-6)],
  );
  if (columns.some((column) => column === undefined)) return undefined;
  const pointSeconds = points.stepSeconds || forecast.stepSeconds;
  const offsetMs = Math.max(0, forecast.stepSeconds - pointSeconds) * 500;
  const scale = aggregation === 'sum' ? pointSeconds / forecast.stepSeconds : 1;
  const shown = forecast.times.flatMap((time, i) => (time + offsetMs <= until ? [i] : []));
  if (shown.length === 0) return undefined;
  const times = shown.map((i) => forecast.times[i]! + offsetMs);
  const scaled = columns.map((column) => shown.map((i) => scaleBy(column?.[i], scale)));
  const isScaled = scale !== 1;
  if (
    isScaled ||
    last === undefined ||
    last.time >= times[0]! ||
    times[0]! - last.time > 3 * forecast.stepSeconds * 1000
  )
    return { times, columns: scaled };
  return { times: [last.time, ...times], columns: scaled.map((column): Column => [last.value, ...column]) };
}

function scaleBy(value: number | null | undefined, scale: number): number | null {
  return value === null || value === undefined ? null : value * scale;
}

function describe(
  series: SeriesChartInput['series'],
  last: Present['last'],
  ahead: TimeTable | undefined,
  unit: string,
): string {
  const parts = [`${series.metric}, ${labelText(series.labels)}`];
  if (last !== undefined) parts.push(`last value ${formatValue(last.value, unit)} at ${formatTime(last.time)}`);
  const end = ahead?.times.length ?? 0;
  if (ahead !== undefined && end > 0) {
    const [low, , median, , high] = ahead.columns.map((column) => formatValue(column[end - 1], unit));
    parts.push(`forecast for ${formatTime(ahead.times[end - 1]!)}: ${median}, with 95 % between ${low} and ${high}`);
  }
  return `${parts.join('; ')}. Arrow keys read single points.`;
}

import type UPlot from 'uplot';
import type { ChartBand, ChartLine, ChartSpec } from './chart.ts';
import { chartColor, chartFont } from './chart-theme.ts';
import { formatTick, formatValue } from './format.ts';
import { markPresent, markShifts, shadeSpans } from './plot-marks.ts';
import { tickSteps } from './tick-steps.ts';

/** Loaded by the page itself, before the modules. */
declare const uPlot: typeof UPlot;

/** Half an hour: half the step of a forecast. */
const readingToleranceMs = 1_800_000;

/** What stands at the cursor: one value a column; nulls where there is none. */
export interface Reading {
  timeMs: number;
  values: readonly (number | null | undefined)[];
}

export interface PlotOptions {
  parent: HTMLElement;
  width: number;
  height: number;
  /** Called with undefined when the cursor has left. */
  onCursor(reading: Reading | undefined, isZoomed: boolean): void;
}

export interface Plot {
  update(spec: ChartSpec, data: UPlot.AlignedData): void;
  resize(width: number, height: number): void;
  /** Moves the cursor by so many points. */
  moveCursor(steps: number): void;
  resetZoom(): void;
  redraw(): void;
  destroy(): void;
}

/** The tables of a chart over one time axis that reaches over its whole range. */
export function joinTables({ tables, range }: ChartSpec): UPlot.AlignedData {
  const frame: UPlot.AlignedData = [[...range], [null, null]];
  const joined = uPlot.join([
    ...tables.map(({ times, columns }) => [times, ...columns] as unknown as UPlot.AlignedData),
    frame,
  ]);
  return joined.slice(0, -1) as unknown as UPlot.AlignedData;
}

/** Draws a chart with uPlot. */
export function createPlot(initial: ChartSpec, initialData: UPlot.AlignedData, place: PlotOptions): Plot {
  let spec = initial;
  const plot = new uPlot(
    optionsOf(() => spec, place),
    initialData,
    place.parent,
  );
  return {
    update(next, data) {
      if (data.length !== initialData.length) return;
      spec = next;
      plot.setData(data, !isZoomed(plot));
      if (isZoomed(plot)) plot.redraw();
    },
    resize: (width, height) => plot.setSize({ width, height }),
    moveCursor(steps) {
      const [times] = plot.data;
      const at = Math.min(times.length - 1, Math.max(0, (plot.cursor.idx ?? times.length - 1) + steps));
      plot.setCursor({ left: plot.valToPos(times[at]!, 'x'), top: 10 });
    },
    resetZoom() {
      const [times] = plot.data;
      plot.setScale('x', { min: times[0]!, max: times.at(-1)! });
    },
    redraw: () => plot.redraw(),
    destroy: () => plot.destroy(),
  };
}

function optionsOf(spec: () => ChartSpec, { width, height, onCursor }: PlotOptions): UPlot.Options {
  const report = (plot: UPlot) => onCursor(readingAt(plot), isZoomed(plot));
  const { lines, bands } = spec();
  return {
    width,
    height,
    ms: 1,
    padding: [14, 22, 0, 0],
    legend: { show: false },
    scales: { x: { time: true }, y: { range: (_, min, max) => padded(min, max, spec().unit) } },
    axes: axesOf(() => spec().unit),
    series: [{}, ...seriesOf(spec())],
    bands: bands.map(bandOf),
    cursor: {
      dataIdx: nearestIndex,
      y: false,
      drag: { x: true, y: false },
      points: { show: (_, index) => pointOf(lines, index) },
    },
    hooks: {
      drawClear: [(plot) => shadeSpans(plot, spec())],
      draw: [(plot) => markPresent(plot, spec()), (plot) => markShifts(plot, spec())],
      setCursor: [report],
      setScale: [report],
    },
  };
}

function isZoomed({ data: [times], scales }: UPlot): boolean {
  const { min, max } = scales.x!;
  return times.length > 0 && ((min ?? times[0]!) > times[0]! || (max ?? times.at(-1)!) < times.at(-1)!);
}

function readingAt({ data: [times, ...columns], cursor }: UPlot): Reading | undefined {
  const at = cursor.idx;
  if (at === null || at === undefined || (cursor.left ?? -1) < 0) return undefined;
  return { timeMs: times[at]!, values: columns.map((column, c) => column[cursor.idxs?.[c + 1] ?? at]) };
}

function seriesOf({ tables, lines }: ChartSpec): UPlot.Series[] {
  const count = tables.reduce((sum, { columns }) => sum + columns.length, 0);
  return Array.from({ length: count }, (_, column): UPlot.Series => {
    const line = lines.find((each) => each.column === column);
    if (line === undefined) return { width: 0, points: { show: false } };
    return {
      stroke: () => chartColor(line.color),
      width: line.widthPixels,
      points: { show: false },
      ...(line.isDashed && { dash: [5, 4] }),
    };
  });
}

function bandOf({ lower, upper, color }: ChartBand): UPlot.Band {
  return { series: [upper + 1, lower + 1], fill: () => chartColor(color) };
}

/** A dot on the lines; on the edges of bands it has no colour. */
function pointOf(lines: readonly ChartLine[], index: number): HTMLElement {
  const line = lines.find(({ column }) => column === index - 1);
  const point = document.createElement('div');
  point.className = line === undefined ? 'chart-point hidden' : 'chart-point';
  if (line !== undefined) point.style.setProperty('--point', `var(${line.color})`);
  return point;
}

/** The index of the value nearest to the cursor, of a line whose points are less dense than those of others. */
function nearestIndex({ data }: UPlot, series: number, closest: number, timeMs: number): number | null {
  const [times] = data;
  const column = data[series]!;
  const isNear = (at: number) => at >= 0 && at < times.length && Math.abs(times[at]! - timeMs) <= readingToleranceMs;
  for (let distance = 0; isNear(closest - distance) || isNear(closest + distance); distance++) {
    for (const at of [closest - distance, closest + distance])
      if (isNear(at) && typeof column[at] === 'number') return at;
  }
  return null;
}

function axesOf(unit: () => string): UPlot.Axis[] {
  const look = {
    stroke: () => chartColor('--chart-text'),
    font: chartFont,
    ticks: { show: false },
    grid: { stroke: () => chartColor('--chart-grid'), width: 1 },
  };
  const steps = tickSteps(unit());
  return [
    {
      ...look,
      grid: { show: false },
      space: 64,
      size: 30,
      values: (_, splits, __, ___, stepMs) => splits.map((time) => formatTick(time, stepMs / 1000)),
    },
    {
      ...look,
      space: 44,
      gap: 8,
      ...(steps !== undefined && { incrs: [...steps] }),
      size: (_, texts) => Math.max(40, ...(texts ?? []).map((text) => 18 + text.length * 6.6)),
      values: (_, splits) => splits.map((value) => formatValue(value, unit())),
    },
  ];
}

/** A little air around the values; what is never below 0, or a share above 1, is not drawn as if it could be. */
function padded(min: number | null, max: number | null, unit: string): [number, number] {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const air = max > min ? (max - min) * 0.08 : Math.abs(max) * 0.1 || 1;
  const low = min >= 0 ? Math.max(0, min - air) : min - air;
  const high = unit === 'ratio' && max <= 1 ? Math.min(1.0001, max + air) : max + air;
  return [low, high];
}

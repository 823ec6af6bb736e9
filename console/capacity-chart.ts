import type { CapacityOutlook, Column } from './api-types.ts';
import { extentOf } from './columns.ts';
import { svg } from './dom.ts';

const width = 260;
const height = 56;

/**
 * What was, what may be reached and the limit, in a box without axes. Hidden from screen readers: the numbers stand
 * beside it.
 */
export function capacityChart({ past, low, middle, high }: CapacityOutlook, limit: number): SVGElement {
  const { x, y } = scalesOf([past, low, high, [limit]], past.length + middle.length);
  const now = past.length - 1;
  const ahead = (column: Column) => [past[now] ?? null, ...column];
  const path = (column: Column, from: number) => linePath(column, (i) => x(from + i), y);
  const edge = y(limit).toFixed(1);
  return svg(
    'svg',
    { class: 'capacity-chart', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('path', { class: 'band', d: bandPath(ahead(low), ahead(high), (i) => x(now + i), y) }),
    svg('path', { class: 'limit', d: `M0 ${edge}H${width}`, 'vector-effect': 'non-scaling-stroke' }),
    svg('path', { class: 'past', d: path(past, 0), 'vector-effect': 'non-scaling-stroke' }),
    svg('path', { class: 'middle', d: path(ahead(middle), now), 'vector-effect': 'non-scaling-stroke' }),
  );
}

type Scale = (value: number) => number;

function scalesOf(columns: readonly Column[], cells: number): { x: Scale; y: Scale } {
  const { low, high } = extentOf(columns.flat()) ?? { low: 0, high: 1 };
  const span = high > low ? high - low : 1;
  return {
    x: (cell) => (cell / Math.max(1, cells - 1)) * width,
    y: (value) => height - 3 - ((value - low) / span) * (height - 6),
  };
}

/** A line that is broken where there is nothing. */
export function linePath(column: Column, x: Scale, y: Scale): string {
  let path = '';
  let isDrawing = false;
  for (const [i, value] of column.entries()) {
    if (value === null) isDrawing = false;
    else {
      path += `${isDrawing ? 'L' : 'M'}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
      isDrawing = true;
    }
  }
  return path;
}

function bandPath(low: Column, high: Column, x: Scale, y: Scale): string {
  const point = (value: number | null, i: number) =>
    value === null ? [] : [`${x(i).toFixed(1)} ${y(value).toFixed(1)}`];
  const upper = high.flatMap(point);
  const lower = low.flatMap(point).reverse();
  return upper.length === 0 ? '' : `M${[...upper, ...lower].join('L')}Z`;
}

import type { Column } from './api-types.ts';
import { breakGaps, extentOf, resample, type TimeTable, typicalStepMs } from './columns.ts';
import { svg } from './dom.ts';

const width = 240;
const height = 40;
const maxPoints = 160;

type Range = readonly [from: number, to: number];

/** A small line without axes; it is broken where there is nothing. Hidden from screen readers: numbers stand beside it. */
export function sparkline(times: readonly number[], values: Column, range: Range): SVGElement {
  return svg(
    'svg',
    { class: 'sparkline', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('path', { d: sparklinePath(times, values, range), 'vector-effect': 'non-scaling-stroke' }),
  );
}

/** The path of the line in a box of 240 by 40; a point that stands alone is a dot. */
export function sparklinePath(times: readonly number[], values: Column, range: Range): string {
  const table = thinned(times, values, range);
  const { times: shownTimes, columns } = breakGaps(table, 3 * typicalStepMs(table.times));
  const { low, high } = extentOf(columns[0]!) ?? { low: 0, high: 0 };
  let path = '';
  let isDrawing = false;
  columns[0]!.forEach((value, i) => {
    if (value === null) {
      isDrawing = false;
      return;
    }
    const x = ((shownTimes[i]! - range[0]) / (range[1] - range[0])) * width;
    const y = high > low ? height - 3 - ((value - low) / (high - low)) * (height - 6) : height / 2;
    path += isDrawing ? `L${x.toFixed(1)} ${y.toFixed(1)}` : `M${x.toFixed(1)} ${y.toFixed(1)}h.01`;
    isDrawing = true;
  });
  return path;
}

/** Means of equal parts where there are more points than can be seen. */
function thinned(times: readonly number[], values: Column, [from, to]: Range): TimeTable {
  if (times.length <= maxPoints) return { times, columns: [values] };
  const means = resample(times, values, { from, to, count: maxPoints });
  const partMs = (to - from) / maxPoints;
  const known = means.flatMap((value, part) => (value === null ? [] : [{ time: from + (part + 0.5) * partMs, value }]));
  return { times: known.map(({ time }) => time), columns: [known.map(({ value }) => value)] };
}

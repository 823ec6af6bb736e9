import type { Column } from './api-types.ts';
import { extentOf, resample } from './columns.ts';
import { svg } from './dom.ts';

const width = 240;
const height = 40;
const parts = 120;

/** A small line without axes; it is broken where there is nothing. Hidden from screen readers: numbers stand beside it. */
export function sparkline(times: readonly number[], values: Column, [from, to]: readonly [number, number]): SVGElement {
  const means = resample(times, values, { from, to, count: parts });
  const { low, high } = extentOf(means) ?? { low: 0, high: 0 };
  const extent = high - low || 1;
  let path = '';
  let isBroken = true;
  means.forEach((value, part) => {
    if (value === null) {
      // One part without a value is a matter of sampling, two in a row are a gap.
      isBroken ||= means[part - 1] === null;
      return;
    }
    const x = (part / (parts - 1)) * width;
    const y = height - 3 - ((value - low) / extent) * (height - 6);
    path += `${isBroken ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    isBroken = false;
  });
  return svg(
    'svg',
    { class: 'sparkline', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    svg('path', { d: path, 'vector-effect': 'non-scaling-stroke' }),
  );
}

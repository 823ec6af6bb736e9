import type { ChartMoment, ChartSpec } from './chart.ts';
import { h, withVariables } from './dom.ts';
import { formatTime, formatValue, formatZone } from './format.ts';
import { morph } from './morph.ts';
import type { Reading } from './plot.ts';

/** The line above a chart: what each colour means and, at the cursor, the values. */
export interface Readout {
  element: HTMLElement;
  setSpec(spec: ChartSpec): void;
  show(reading: Reading | undefined, isZoomed: boolean): void;
}

/** Creates the line; its room is the same with and without values. */
export function createReadout(initial: ChartSpec, resetZoom: () => void): Readout {
  let spec = initial;
  let last: { reading: Reading | undefined; isZoomed: boolean } = { reading: undefined, isZoomed: false };
  const element = h('div', { class: 'readout', 'aria-live': 'polite' });
  const draw = () =>
    morph(element, [
      entriesOf(spec, last.reading),
      last.isZoomed && h('button', { type: 'button', class: 'quiet', onclick: resetZoom }, 'Reset zoom'),
    ]);
  draw();
  return {
    element,
    setSpec(next) {
      spec = next;
      draw();
    },
    show(reading, isZoomed) {
      last = { reading, isZoomed };
      draw();
    },
  };
}

function entriesOf({ lines, bands, spans, shifts = [], unit }: ChartSpec, reading: Reading | undefined): HTMLElement[] {
  const at = (column: number) => reading?.values[column];
  const lineEntries = lines.map(({ name, column, color, isDashed = false }) =>
    entry({
      name,
      color,
      shape: isDashed ? 'dash' : 'line',
      value: typeof at(column) === 'number' ? formatValue(at(column), unit) : undefined,
    }),
  );
  const bandEntries = bands.map(({ name, lower, upper, color }) => {
    const hasBoth = typeof at(lower) === 'number' && typeof at(upper) === 'number';
    return entry({
      name,
      color,
      shape: 'area',
      value: hasBoth ? `${formatValue(at(lower), unit)} \u2013 ${formatValue(at(upper), unit)}` : undefined,
    });
  });
  const spanEntries =
    spans.length > 0 ? [entry({ name: 'Anomaly', color: '--anomaly', shape: 'mark', value: undefined })] : [];
  const shiftEntries = shifts.length > 0 ? [shiftEntry(shifts, reading)] : [];
  const time = h(
    'span',
    { class: 'readout-time' },
    reading && `${formatTime(reading.timeMs)} ${formatZone(reading.timeMs)}`,
  );
  return [...lineEntries, ...bandEntries, ...spanEntries, ...shiftEntries, time];
}

/** What an accepted level was is told from there on, until the next. */
function shiftEntry(shifts: readonly ChartMoment[], reading: Reading | undefined): HTMLElement {
  const latest = reading && shifts.findLast(({ timeMs }) => timeMs <= reading.timeMs);
  return entry({ name: 'New level accepted', color: '--level-shift', shape: 'dash', value: latest?.text });
}

function entry({
  name,
  color,
  shape,
  value,
}: {
  name: string;
  color: string;
  shape: string;
  value: string | undefined;
}): HTMLElement {
  const swatch = withVariables(h('i', { class: 'swatch', 'data-shape': shape, 'aria-hidden': 'true' }), {
    '--swatch': `var(${color})`,
  });
  return h('span', { class: 'readout-entry' }, swatch, name, value !== undefined && h('b', {}, value));
}

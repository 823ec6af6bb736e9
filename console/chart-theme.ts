/** The names of the colours of charts; console.css says what they are in light and in dark. */
export type ChartColor =
  | '--observed'
  | '--expected-band'
  | '--forecast'
  | '--forecast-inner'
  | '--forecast-outer'
  | '--anomaly'
  | '--anomaly-fill'
  | '--level-shift'
  | '--objective'
  | '--chart-grid'
  | '--chart-text'
  | '--chart-now';

const darkScheme = window.matchMedia('(prefers-color-scheme: dark)');
const known = new Map<ChartColor, string>();
const listeners = new Set<() => void>();

darkScheme.addEventListener('change', () => {
  known.clear();
  for (const listener of listeners) listener();
});

/** The colour for the canvas, in the scheme of this moment. */
export function chartColor(name: ChartColor): string {
  const color = known.get(name) ?? getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  known.set(name, color);
  return color;
}

/** Calls `listener` when the reader changes between light and dark; returns how to stop it. */
export function onSchemeChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const chartFont =
  '12px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

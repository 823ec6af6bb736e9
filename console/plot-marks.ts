import type UPlot from 'uplot';
import type { ChartSpec } from './chart.ts';
import { type ChartColor, chartColor } from './chart-theme.ts';

/** Shades the spans of a chart and points at each from above. */
export function shadeSpans(plot: UPlot, { spans }: ChartSpec): void {
  const { ctx, bbox } = plot;
  const mark = 5 * devicePixelRatio;
  for (const { from, to } of spans) {
    const left = Math.max(bbox.left, plot.valToPos(from, 'x', true));
    const right = Math.min(bbox.left + bbox.width, Math.max(plot.valToPos(to, 'x', true), left + 2 * devicePixelRatio));
    if (right <= left) continue;
    ctx.fillStyle = chartColor('--anomaly-fill');
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    ctx.fillStyle = chartColor('--anomaly');
    const middle = (left + right) / 2;
    ctx.beginPath();
    ctx.moveTo(middle - mark, bbox.top - mark * 1.8);
    ctx.lineTo(middle + mark, bbox.top - mark * 1.8);
    ctx.lineTo(middle, bbox.top - mark * 0.1);
    ctx.fill();
  }
}

/** Draws the line between what was and what may come. */
export function markPresent(plot: UPlot, { presentMs }: ChartSpec): void {
  if (presentMs !== undefined) drawUpright(plot, presentMs, '--chart-now', [3, 3]);
}

/** Draws a line where a new level was accepted. */
export function markShifts(plot: UPlot, { shifts = [] }: ChartSpec): void {
  for (const { timeMs } of shifts) drawUpright(plot, timeMs, '--level-shift', [6, 3]);
}

function drawUpright(plot: UPlot, timeMs: number, color: ChartColor, dashPixels: readonly number[]): void {
  const { ctx, bbox } = plot;
  const x = Math.round(plot.valToPos(timeMs, 'x', true));
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = chartColor(color);
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash(dashPixels.map((pixels) => pixels * devicePixelRatio));
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

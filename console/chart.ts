import { createReadout, type Readout } from './chart-readout.ts';
import type { ChartColor } from './chart-theme.ts';
import { onSchemeChange } from './chart-theme.ts';
import type { TimeTable } from './columns.ts';
import { h } from './dom.ts';
import { type Island, markIsland } from './morph.ts';
import { createPlot, joinTables, type Plot } from './plot.ts';

/** A line over a column. Columns are counted through all tables, from 0. */
export interface ChartLine {
  name: string;
  column: number;
  color: ChartColor;
  widthPixels: number;
  isDashed?: boolean;
}

/** An area between two columns. */
export interface ChartBand {
  name: string;
  lower: number;
  upper: number;
  color: ChartColor;
}

/** A stretch of time that is shaded, with a mark at its top. */
export interface ChartSpan {
  from: number;
  to: number;
}

/** A moment that is marked by an upright line. */
export interface ChartMoment {
  timeMs: number;
  /** What it was, in a few words. */
  text: string;
}

export interface ChartSpec {
  /** Says which chart of the page it is, so that a refresh finds it. */
  key: string;
  /** What it shows, in a sentence, for those who cannot see it. */
  label: string;
  /** A unit of `displayUnit`. */
  unit: string;
  /** The time that is shown, in Unix milliseconds. */
  range: readonly [from: number, to: number];
  tables: readonly TimeTable[];
  lines: readonly ChartLine[];
  bands: readonly ChartBand[];
  spans: readonly ChartSpan[];
  /** When a new level was accepted. */
  shifts?: readonly ChartMoment[];
  /** Where the past ends. */
  presentMs?: number;
  isTall?: boolean;
}

/** A chart of time series that can be zoomed by dragging and read with the mouse or the arrow keys. */
export function chart(spec: ChartSpec): HTMLElement {
  const element = h('div', { class: `chart${spec.isTall ? ' tall' : ''}`, 'data-key': `chart-${spec.key}` });
  markIsland(element, new ChartIsland(element, spec));
  return element;
}

/** Draws when its element has a size for the first time, and frees what it holds when its element has left the page. */
class ChartIsland implements Island {
  readonly #readout: Readout;
  readonly #canvasBox: HTMLElement;
  #spec: ChartSpec;
  #plot: Plot | undefined;

  constructor(element: HTMLElement, spec: ChartSpec) {
    this.#spec = spec;
    this.#readout = createReadout(spec, () => this.#plot?.resetZoom());
    this.#canvasBox = h('div', { class: 'chart-canvas', tabindex: 0, role: 'img', 'aria-label': spec.label });
    this.#canvasBox.addEventListener('keydown', (event) => this.#onKey(event));
    element.append(this.#readout.element, this.#canvasBox);
    const redraw = onSchemeChange(() => this.#plot?.redraw());
    const observer = new ResizeObserver(() => {
      if (element.isConnected) {
        this.#fit();
        return;
      }
      observer.disconnect();
      redraw();
      this.#plot?.destroy();
    });
    observer.observe(this.#canvasBox);
  }

  update(next: Island): void {
    if (!(next instanceof ChartIsland) || next === this) return;
    this.#spec = next.#spec;
    this.#canvasBox.setAttribute('aria-label', this.#spec.label);
    this.#readout.setSpec(this.#spec);
    this.#plot?.update(this.#spec, joinTables(this.#spec));
  }

  #fit(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvasBox;
    if (width === 0 || height === 0) return;
    this.#plot?.resize(width, height);
    this.#plot ??= createPlot(this.#spec, joinTables(this.#spec), {
      parent: this.#canvasBox,
      width,
      height,
      onCursor: this.#readout.show,
    });
  }

  #onKey(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 };
    const step = steps[event.key];
    if (step !== undefined) this.#plot?.moveCursor(step);
    else if (event.key === 'Escape') this.#plot?.resetZoom();
    else return;
    event.preventDefault();
  }
}

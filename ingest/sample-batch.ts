import { seriesTable } from '../store/tables.ts';
import { encodeSamples } from './encode-samples.ts';
import type { Sender } from './native.ts';
import type { SeriesAdmission } from './series-admission.ts';
import type { StorableSeries } from './storable-series.ts';
import type { Writer } from './writer.ts';

export interface SampleBatchOptions {
  writer: Writer;
  admission: SeriesAdmission;
}

/**
 * The samples of one request that are to be stored, of any protocol. Columns are kept instead of objects: a request has
 * thousands of samples.
 */
export class SampleBatch {
  readonly #options: SampleBatchOptions;
  readonly #sender: Sender;
  readonly #nowMs: number;
  readonly #series: StorableSeries[] = [];
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  readonly #unnamed = new Set<StorableSeries>();

  constructor(options: SampleBatchOptions, sender: Sender, nowMs: number) {
    this.#options = options;
    this.#sender = sender;
    this.#nowMs = nowMs;
  }

  get length(): number {
    return this.#times.length;
  }

  /** Adds a sample to its series, or to the overflow series where that is one too many. */
  add(series: StorableSeries, time: number, value: number): void {
    const stored = this.#options.admission.admit(series, this.#nowMs);
    if (!stored.isNamed) this.#unnamed.add(stored);
    this.#series.push(stored);
    this.#times.push(time);
    this.#values.push(value);
  }

  /**
   * Stores the samples, and the names of their new series with them.
   *
   * @throws AppError as the writer.
   */
  async store(): Promise<void> {
    const { writer } = this.#options;
    const columns = { series: this.#series, times: this.#times, values: this.#values };
    const block = await encodeSamples(columns, this.#sender, this.#nowMs, writer.hash);
    const names = Array.from(this.#unnamed, ({ row }) => ({ ...row }));
    await Promise.all([
      writer.write(seriesTable, names),
      block.rows > 0 && writer.writeEncoded({ tenant: this.#sender.tenant, ...block }),
    ]);
    for (const series of this.#unnamed) series.isNamed = true;
  }
}

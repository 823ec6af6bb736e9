import type { NativeIngest, Sender } from './native.ts';
import type { OtlpOutcome } from './otlp.ts';
import { attributeOf } from './otlp-attributes.ts';
import { type ToldSample, toldBySpan } from './otlp-genai.ts';
import type { OtlpLog } from './otlp-logs.ts';
import type { Resource } from './otlp-resource.ts';
import type { OtlpSpan } from './otlp-spans.ts';
import { eventOfLog, type NativeEvent } from './otlp-task-events.ts';
import { recordList } from './record-list.ts';
import type { SampleIntake } from './sample-intake.ts';
import { Series, type SeriesBook } from './series-book.ts';
import { identify, UnfitSeries } from './series-identity.ts';

/** Errors begin here among the numbers of severity. */
const severityError = 17;

/** What the spans or log records of one request tell: task events and samples. */
export class OtlpTold {
  readonly intake: SampleIntake;
  readonly #sender: Sender;
  readonly #book: ReturnType<SeriesBook['of']>;
  readonly #events: NativeEvent[] = [];
  /** The record that told each event. */
  readonly #tellers: number[] = [];
  /** Counts of one series and millisecond are one sample: two would be taken for one that was sent twice. */
  readonly #counts = new Map<string, { series: Series; time: number; value: number; records: number[] }>();
  /** A record is refused as an event and with each of its values: it counts once. */
  readonly #rejected = new Set<number>();
  #records = 0;
  #unmapped = 0;

  constructor(intake: SampleIntake, book: ReturnType<SeriesBook['of']>, sender: Sender) {
    this.intake = intake;
    this.#book = book;
    this.#sender = sender;
  }

  addSpan(span: OtlpSpan, from: Resource): void {
    this.#records++;
    const told = toldBySpan(span, from);
    if (told === undefined) {
      this.#unmapped++;
      return;
    }
    if (told.event !== undefined) this.#addEvent(told.event);
    for (const sample of told.samples) this.#addSample(sample);
  }

  /** Only errors tell something: of a task that failed, or else how often. */
  addLog(log: OtlpLog, from: Resource): void {
    this.#records++;
    if (log.severity < severityError) {
      this.#unmapped++;
      return;
    }
    const event = eventOfLog(log, from);
    if (event !== undefined) {
      this.#addEvent(event);
      return;
    }
    const type = attributeOf(log.attributes, 'exception.type') ?? attributeOf(log.attributes, 'error.type') ?? '';
    const labels = [...from.labels, 'error_type', type];
    const told = { metric: 'log_errors_total', kind: 'count', unit: '1', labels, time: log.time, value: 1 } as const;
    this.#addSample(told);
  }

  /** Stores samples and events; a record whose event or value is refused is rejected. */
  async store(ingest: Pick<NativeIngest, 'events'>): Promise<OtlpOutcome> {
    for (const { series, time, value, records } of this.#counts.values()) {
      if (!this.intake.add(series, time, value)) for (const record of records) this.#rejected.add(record);
    }
    const samples = await this.intake.store();
    const events = await ingest.events(recordList(this.#events), this.#sender);
    for (const { pointer } of events.errors) this.#rejected.add(this.#tellers[Number(pointer.split('/')[1])]!);
    // Of very many events that were refused, not all are named.
    const rejected = Math.max(this.#rejected.size, events.refused);
    const reasons = [...samples.reasons, ...events.errors.map(({ pointer, detail }) => `${pointer}: ${detail}`)];
    const skipped = { ...samples.skipped, no_mapping: this.#unmapped };
    return { accepted: this.#records - rejected, rejected, skipped, reasons: reasons.slice(0, 10) };
  }

  #addEvent(event: NativeEvent): void {
    this.#events.push(event);
    this.#tellers.push(this.#records);
  }

  #addSample({ metric, kind, unit, labels, time, value }: ToldSample): void {
    const series = this.#seriesOf(metric, kind, unit, labels);
    if (series instanceof UnfitSeries) {
      this.intake.refuseSeries(series, { time, value });
      this.#rejected.add(this.#records);
      return;
    }
    if (kind === 'duration') {
      if (!this.intake.add(series, time, value)) this.#rejected.add(this.#records);
      return;
    }
    const key = `${series.row.series_id} ${time}`;
    const known = this.#counts.get(key);
    if (known === undefined) {
      this.#counts.set(key, { series, time, value, records: [this.#records] });
      return;
    }
    known.value += value;
    known.records.push(this.#records);
  }

  #seriesOf(metric: string, kind: ToldSample['kind'], unit: string, labels: string[]): Series | UnfitSeries {
    const key = [metric, ...labels].join('\0');
    let series = this.#book.get(key);
    if (series !== undefined) return series;
    const identity = identify(metric, labels, []);
    if (identity instanceof UnfitSeries) return identity;
    series = new Series(this.#sender.tenant, identity, kind === 'count' ? 'delta' : 'distribution', unit);
    this.#book.set(key, series);
    return series;
  }
}

import { RecentMap } from './recent-map.ts';
import type { SeriesKind } from './series-book.ts';

/** Types of metrics by their numbers in both versions of the remote write protocol. */
export const metricTypes = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
] as const;
export type MetricType = (typeof metricTypes)[number];

export interface MetricMetadata {
  type: MetricType;
  /** As OpenMetrics spells it: `seconds`, `bytes`. */
  unit: string;
}

const maxFamilies = 20_000;

/** What a tenant's senders told of their metrics, by the name of the family. Bounded. */
export class MetadataBook {
  /** Grows with each change, so that those who decided by it know when to look again. */
  version = 1;
  readonly #families = new RecentMap<MetricMetadata>(maxFamilies);

  set(family: string, metadata: MetricMetadata): void {
    const known = this.#families.get(family);
    if (known?.type === metadata.type && known.unit === metadata.unit) return;
    this.#families.set(family, metadata);
    this.version++;
  }

  /** Of a series' metric, which may be named for a part of its family: `NAME_bucket`, `NAME_total`. */
  find(metric: string): MetricMetadata | undefined {
    return this.#families.get(metric) ?? this.#families.get(metric.replace(partSuffix, ''));
  }
}

const partSuffix = /_(total|bucket|count|sum|created)$/;
const totalSuffix = /_(total|bucket|count|sum)$/;

/**
 * What the values of a series of Prometheus are. Its type decides: of counters, histograms and summaries all parts but
 * the quantiles are running totals. Where the type is not known, the suffix does, which OpenMetrics reserves for them.
 */
export function kindOfPrometheusSeries(metric: string, type: MetricType): SeriesKind {
  if (type === 'counter') return metric.endsWith('_created') ? 'gauge' : 'counter';
  if (type === 'histogram' || type === 'summary' || type === 'unknown')
    return totalSuffix.test(metric) ? 'counter' : 'gauge';
  return 'gauge';
}

const ucumOf: Readonly<Record<string, string>> = {
  seconds: 's',
  milliseconds: 'ms',
  bytes: 'By',
  ratio: '1',
  celsius: 'Cel',
  volts: 'V',
  amperes: 'A',
  joules: 'J',
  watts: 'W',
  meters: 'm',
  grams: 'g',
};

/** The unit of a series in UCUM, of what OpenMetrics says or else of the name's end; empty where neither tells. */
export function unitOfPrometheusSeries(metric: string, unit: string): string {
  const part = partSuffix.exec(metric)?.[1];
  if (part === 'bucket' || part === 'count') return '1';
  const family = part === undefined ? metric : metric.slice(0, -part.length - 1);
  return ucumOf[unit || family.slice(family.lastIndexOf('_') + 1)] ?? (part === 'total' && unit === '' ? '1' : unit);
}

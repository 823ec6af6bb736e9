import { seriesId } from '../store/series-id.ts';
import type { Aggregation } from '../store/tables.ts';
import { RecentMap } from './recent-map.ts';
import type { SeriesIdentity } from './series-identity.ts';
import { StorableSeries } from './storable-series.ts';

/**
 * What a value of a series is: a `gauge` is stored as it is; a `counter` is a running total, of which the increases
 * are stored; `delta` is an increase already; of a `distribution` a minute keeps the 95th percentile.
 */
export type SeriesKind = 'gauge' | 'counter' | 'delta' | 'distribution';

/** A series as the protocols know it: how it is stored, and of a counter the last total that was seen. */
export class Series extends StorableSeries {
  kind: SeriesKind;
  /** Of a counter: the last total, its time, and since when it counts (0: not known). Unix milliseconds. */
  lastTime = Number.NEGATIVE_INFINITY;
  lastTotal = 0;
  lastStart = 0;
  /** Which state of the metadata `kind` was decided by. */
  metadataVersion = 0;

  constructor(tenant: string, { metric, labels }: SeriesIdentity, kind: SeriesKind, unit: string) {
    const aggregation = aggregationOf(kind);
    super({ tenant, metric, series_id: seriesId(tenant, metric, labels), labels, aggregation, unit });
    this.kind = kind;
  }

  /** Says anew what the values are, as metadata that came later tells. */
  become(kind: SeriesKind, unit: string): void {
    const aggregation = aggregationOf(kind);
    if (aggregation === this.row.aggregation && unit === this.row.unit) return;
    this.kind = kind;
    this.row.aggregation = aggregation;
    this.row.unit = unit;
    this.isNamed = false;
  }
}

function aggregationOf(kind: SeriesKind): Aggregation {
  return kind === 'gauge' ? 'avg' : kind === 'distribution' ? 'p95' : 'sum';
}

/** So many tenants are remembered at least. */
export const maxTenants = 1000;
const maxSeriesPerTenant = 200_000;

/** The series that were sent lately, by tenant and by how the protocol spells them; those longest unheard of are forgotten. */
export class SeriesBook<Entry extends object = Series> {
  readonly #tenants = new RecentMap<RecentMap<Entry>>(maxTenants);

  /** The series of a tenant: spelling to series. */
  of(tenant: string): RecentMap<Entry> {
    let series = this.#tenants.get(tenant);
    if (series === undefined) {
      series = new RecentMap(maxSeriesPerTenant);
      this.#tenants.set(tenant, series);
    }
    return series;
  }
}

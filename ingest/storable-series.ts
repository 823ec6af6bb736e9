import { wordsOfSeriesId } from '../store/series-id.ts';
import type { SeriesRow } from '../store/tables.ts';
import type { Member } from './active-set.ts';

/** A series that samples may be stored under, with what is made of its row once instead of for each sample. */
export class StorableSeries {
  readonly row: SeriesRow;
  /** The two words of its identifier. */
  readonly idHigh: number;
  readonly idLow: number;
  /** Whether the store knows its name. */
  isNamed = false;
  /** How it stands among the series in use; undefined until it was admitted. */
  member: Member | undefined;
  /** The minute in which it was admitted last. */
  admittedMinute = -1;

  constructor(row: SeriesRow) {
    this.row = row;
    const { high, low } = wordsOfSeriesId(row.series_id);
    this.idHigh = high;
    this.idLow = low;
  }
}

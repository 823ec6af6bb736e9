import { createHash, randomUUID } from 'node:crypto';
import { textAt } from '../store/row-widths.ts';
import { quarantineTable } from '../store/tables.ts';
import type { RefusedRow } from './drain.ts';
import type { Writer } from './writer.ts';

/** Why a record is in quarantine: the sender's fault, its time, a value that was changed to fit, or the store's word. */
export const quarantineReasons = ['invalid', 'late', 'future', 'clamped', 'over_budget', 'store'] as const;
export type QuarantineReason = (typeof quarantineReasons)[number];

/** A record that was not taken as it came. */
export interface Refusal {
  /** The same when the same record is refused again; by default chance. */
  id?: string;
  kind: string;
  reason: QuarantineReason;
  /** What is wrong with it, in words. */
  detail: string;
  record: unknown;
}

/** Where refusals come from. */
export interface RefusalSource {
  tenant: string;
  /** The protocol by which the records came, such as `native` or `otlp`. */
  source: string;
}

export interface QuarantineOptions {
  writer: Pick<Writer, 'write'>;
  now: () => Date;
  keepDays: number;
  /** So many records a minute are kept of a tenant; the others are counted. */
  maxPerMinute?: number;
  /** Told of each record: whether it was kept, or only counted. */
  onRefusal?: (refusal: { source: string; reason: QuarantineReason; kept: boolean; count: number }) => void;
}

/** Keeps what was not taken, so that somebody can look at it, repair its cause, and send it again. */
export interface Quarantine {
  /**
   * Keeps records. It never fails: what cannot be kept is counted, for the sender was told of it anyway.
   *
   * @param notShown so many more are refused besides, and are only counted.
   */
  keep(
    from: RefusalSource,
    refusals: readonly Refusal[],
    notShown?: Partial<Record<QuarantineReason, number>>,
  ): Promise<void>;
}

const dayMs = 86_400_000;
const minuteMs = 60_000;
const maxRecordCharacters = 16_384;

export function createQuarantine({
  writer,
  now,
  keepDays,
  maxPerMinute = 6000,
  onRefusal = () => {},
}: QuarantineOptions): Quarantine {
  let minute = 0;
  const keptOf = new Map<string, number>();

  /** How many of `wanted` records the tenant may still have kept in this minute. */
  function allow(tenant: string, wanted: number, nowMs: number): number {
    const thisMinute = Math.floor(nowMs / minuteMs);
    if (thisMinute !== minute) keptOf.clear();
    minute = thisMinute;
    const kept = keptOf.get(tenant) ?? 0;
    const allowed = Math.max(0, Math.min(wanted, maxPerMinute - kept));
    keptOf.set(tenant, kept + allowed);
    return allowed;
  }

  return {
    async keep({ tenant, source }, refusals, notShown = {}) {
      if (refusals.length === 0) return;
      const nowMs = now().getTime();
      const until = Math.ceil(nowMs / dayMs) + keepDays;
      const allowed = allow(tenant, refusals.length, nowMs);
      const rows = refusals.slice(0, allowed).map(({ id = randomUUID(), kind, reason, detail, record }) => ({
        ...{ tenant, id, time: nowMs, source, kind, reason, detail, replayed_at: null, until },
        record: (JSON.stringify(record) ?? 'null').slice(0, maxRecordCharacters),
      }));
      const isKept = await writer.write(quarantineTable, rows).then(
        () => true,
        () => false,
      );
      for (const [i, { reason }] of refusals.entries())
        onRefusal({ source, reason, kept: isKept && i < allowed, count: 1 });
      for (const [reason, count] of Object.entries(notShown)) {
        onRefusal({ source, reason: reason as QuarantineReason, kept: false, count });
      }
    },
  };
}

/** What the drain does with rows that ClickHouse refuses: fails when they cannot be kept, so that none is lost. */
export async function quarantineRows(
  writer: Pick<Writer, 'write'>,
  rows: readonly RefusedRow[],
  { now, keepDays, onRefusal = () => {} }: Omit<QuarantineOptions, 'writer'>,
): Promise<void> {
  const nowMs = now().getTime();
  const until = Math.ceil(nowMs / dayMs) + keepDays;
  const records = rows.map(({ table, columns, widths, row, reason, id }) => {
    const shown =
      widths === undefined
        ? { columns, line: row.toString('utf8').trimEnd() }
        : { columns, widths, row: row.toString('base64') };
    return {
      tenant: columns[0] === 'tenant' ? tenantOf(row, widths) : '',
      id: createHash('sha256').update(id).digest('hex').slice(0, 32),
      time: nowMs,
      source: 'store',
      kind: table,
      reason: 'store',
      detail: reason.slice(0, 500),
      record: JSON.stringify(shown),
      replayed_at: null,
      until,
    };
  });
  await writer.write(quarantineTable, records);
  onRefusal({ source: 'store', reason: 'store', kept: true, count: rows.length });
}

/** The first column of an encoded row. */
function tenantOf(row: Buffer, widths: RefusedRow['widths']): string {
  if (widths === undefined) return row.toString('utf8', 0, row.indexOf('\t'));
  const { start, end } = textAt(row, 0);
  return row.toString('utf8', start, end);
}

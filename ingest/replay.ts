import { z } from 'zod';
import type { QuarantinedRecord } from '../store/queries/quarantine.ts';
import { allTables, quarantineTable } from '../store/tables.ts';
import type { NativeIngest, Sender } from './native.ts';
import { recordList } from './record-list.ts';
import type { Writer } from './writer.ts';

export interface ReplayDeps {
  ingest: NativeIngest;
  writer: Writer;
  now: () => Date;
  keepDays: number;
}

export interface ReplayOutcome {
  replayed: number;
  /** What is still refused, and why; it stays in quarantine. */
  refused: { id: string; detail: string }[];
}

const nativeKinds = ['heartbeats', 'events', 'samples'] as const;
const dayMs = 86_400_000;

/**
 * Sends records of the quarantine again, as if their sender had just done so with `backfill`; those that are taken now
 * are marked. A record that was taken before under the same key is taken once.
 */
export async function replayRecords(
  { ingest, writer, now, keepDays }: ReplayDeps,
  records: readonly QuarantinedRecord[],
  sender: Sender,
): Promise<ReplayOutcome> {
  const refused: ReplayOutcome['refused'] = [];
  const taken: QuarantinedRecord[] = [];
  const isRow = ({ source, kind }: QuarantinedRecord) =>
    source === 'store' || !nativeKinds.some((native) => native === kind);
  for (const kind of nativeKinds) {
    for (const record of records.filter((each) => each.kind === kind && !isRow(each))) {
      const outcome = await ingest[kind](recordList([parse(record.record)], false), sender);
      if (outcome.accepted === 1) taken.push(record);
      else refused.push({ id: record.id, detail: outcome.errors.map(({ detail }) => detail).join('; ') });
    }
  }
  for (const record of records.filter(isRow)) {
    const detail = await replayRow(record, sender.tenant, writer);
    if (detail === undefined) taken.push(record);
    else refused.push({ id: record.id, detail });
  }
  await mark(taken);
  return { replayed: taken.length, refused };

  async function mark(done: readonly QuarantinedRecord[]): Promise<void> {
    const nowMs = now().getTime();
    const rows = done.map(({ at, replayed_at: _, ...record }) => ({
      ...record,
      tenant: sender.tenant,
      time: at,
      replayed_at: nowMs,
      until: Math.ceil(nowMs / dayMs) + keepDays,
    }));
    await writer.write(quarantineTable, rows);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Writes a row that ClickHouse refused once more. @returns why that cannot be done. */
async function replayRow(record: QuarantinedRecord, tenant: string, writer: Writer): Promise<string | undefined> {
  const table = allTables.find(({ name }) => name === record.kind);
  const encoded = refusedRowSchema.safeParse(parse(record.record));
  if (table === undefined || !encoded.success) {
    return `${record.source} records of the kind ${record.kind} cannot be sent again from here`;
  }
  const row = encoded.data;
  if (!row.columns.every((column) => column in table.columns))
    return `the table ${table.name} has no such columns any more`;
  const { columns } = row;
  const bytes = 'line' in row ? Buffer.from(`${row.line}\n`) : Buffer.from(row.row, 'base64');
  const shape = { table: table.name, columns, ...('widths' in row && { widths: row.widths }) };
  await writer.writeEncoded({ tenant, ...shape, rows: 1, bytes, keys: new Uint32Array(0) });
  return undefined;
}

/** A row that ClickHouse refused: a line of TabSeparated, or RowBinary as base64. */
const refusedRowSchema = z.union([
  z.object({ columns: z.array(z.string()), line: z.string() }),
  z.object({
    columns: z.array(z.string()),
    widths: z.array(z.union([z.number(), z.literal('text')])),
    row: z.base64(),
  }),
]);

import type { FleetcastClient } from '../../sdk/typescript/client.ts';
import type { ProgressGroup } from '../progress.ts';
import { formatNumber } from '../table.ts';
import { type Fleet, historyCadence, recordsOf, sendAll } from './feed.ts';
import type { TimeWindow } from './window.ts';

const pieceMs = 12 * 3_600_000;
/** The service checks and stores one request while the next is on the way. */
const concurrency = 2;

/**
 * Sends the past of the fleet, the newest first, so that views of the present fill at once, and shows how far it is.
 *
 * @param onPiece told after each piece what is still missing.
 * @returns how many records were stored
 */
export async function sendHistory(
  fleetcast: FleetcastClient,
  fleet: Fleet,
  { fromMs, toMs }: TimeWindow,
  {
    signal,
    group,
    onPiece = () => {},
  }: { signal: AbortSignal; group: ProgressGroup; onPiece?: (missing: TimeWindow) => void },
): Promise<number> {
  const progress = group.start('history', Math.max(1, toMs - fromMs));
  let records = 0;
  for (let pieceToMs = toMs; pieceToMs > fromMs; pieceToMs -= pieceMs) {
    const piece = { fromMs: Math.max(fromMs, pieceToMs - pieceMs), toMs: pieceToMs };
    records += await sendAll(fleetcast, recordsOf(fleet, piece, historyCadence), { signal, concurrency });
    onPiece({ fromMs, toMs: piece.fromMs });
    progress.update(toMs - piece.fromMs, `${formatNumber(records)} records`);
  }
  progress.end(`${formatNumber(records)} records`);
  return records;
}

import type { FleetcastClient } from '../../sdk/typescript/client.ts';
import { startProgress } from '../progress.ts';
import { formatNumber } from '../table.ts';
import { type Fleet, historyCadence, recordsOf, sendAll } from './feed.ts';
import type { TimeWindow } from './window.ts';

const pieceMs = 12 * 3_600_000;
/** The service checks and stores one request while the next is on the way. */
const concurrency = 3;

/**
 * Sends the past of the fleet, the oldest first, and shows how far it is.
 *
 * @param onPiece told after each piece up to where everything is stored.
 * @returns how many records were stored
 */
export async function sendHistory(
  fleetcast: FleetcastClient,
  fleet: Fleet,
  { fromMs, toMs }: TimeWindow,
  { signal, onPiece = () => {} }: { signal: AbortSignal; onPiece?: (sentUntilMs: number) => void },
): Promise<number> {
  const progress = startProgress('history', Math.max(1, toMs - fromMs));
  let records = 0;
  for (let pieceFromMs = fromMs; pieceFromMs < toMs; pieceFromMs += pieceMs) {
    const piece = { fromMs: pieceFromMs, toMs: Math.min(toMs, pieceFromMs + pieceMs) };
    records += await sendAll(fleetcast, recordsOf(fleet, piece, historyCadence), { signal, concurrency });
    onPiece(piece.toMs);
    progress.update(piece.toMs - fromMs, `${formatNumber(records)} records`);
  }
  progress.end(`${formatNumber(records)} records`);
  return records;
}

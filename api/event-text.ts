import type { LiveEvent } from './live-events.ts';

/** Events as text that is held for one client. */
export interface EventText {
  /** Server-sent events, in pieces that are each handed to the connection at once. */
  pieces: string[];
  /** Tells each event that is in the pieces from the others. */
  keys: string[];
  /** Whether it holds all of the events. */
  isWhole: boolean;
}

/** A client is held so much at most, in characters; the store has the rest. */
export const maxHeld = 1024 * 1024;
/** So much at most is on its way to the connection at once, beside what the connection holds. */
const maxPiece = 64 * 1024;

/**
 * Writes events down until `maxHeld` is reached. Only the last of all says, by its id, that everything before it was seen.
 *
 * @param sent keys of events that the client has already.
 */
export function writeEvents(events: readonly LiveEvent[], sent: ReadonlySet<string>, id: string): EventText {
  const left = events.filter((event) => !sent.has(keyOf(event)));
  const text: EventText = { pieces: [], keys: [], isWhole: true };
  let held = 0;
  for (const [i, event] of left.entries()) {
    const message = `event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n${i === left.length - 1 ? `id: ${id}\n` : ''}\n`;
    const last = text.pieces.length - 1;
    if (last >= 0 && text.pieces[last]!.length + message.length <= maxPiece) text.pieces[last] += message;
    else text.pieces.push(message);
    text.keys.push(keyOf(event));
    held += message.length;
    if (held >= maxHeld && i < left.length - 1) return { ...text, isWhole: false };
  }
  return text;
}

function keyOf({ event, data }: LiveEvent): string {
  return JSON.stringify([event, data.id, data.agent, data.time]);
}

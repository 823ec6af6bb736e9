import { nextTurn } from '../telemetry/turn.ts';

/** Text parsed between two turns of the event loop: some milliseconds of `JSON.parse`. */
const charactersPerTurn = 512 * 1024;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;

/**
 * Parses JSON as `JSON.parse` does, giving way to the event loop while it parses a long array: the array is cut
 * between elements, and the pieces are parsed one a turn.
 *
 * @throws SyntaxError as `JSON.parse`.
 */
export async function parseJsonInTurns(text: string): Promise<unknown> {
  if (text.length <= charactersPerTurn || !/^\s*\[/.test(text)) return JSON.parse(text);
  const open = text.indexOf('[') + 1;
  const close = text.lastIndexOf(']');
  if (close < open || /\S/.test(text.slice(close + 1))) throw new SyntaxError('Unexpected end of JSON array');
  const elements: unknown[] = [];
  for (let start = open; start <= close; ) {
    const end = cutAfter(text, start, Math.min(start + charactersPerTurn, close), close);
    const piece = JSON.parse(`[${text.slice(start, end)}]`) as unknown[];
    // An empty piece is right only for an empty array: elsewhere a comma stands without an element.
    if (piece.length === 0 && (start > open || end < close)) throw new SyntaxError('Unexpected token , in JSON array');
    for (const element of piece) elements.push(element);
    if (end === close) break;
    start = end + 1;
    await nextTurn();
  }
  return elements;
}

/** Where the comma stands that ends the first element at or after `atLeast`; `close` where there is none. */
function cutAfter(text: string, start: number, atLeast: number, close: number): number {
  let depth = 0;
  for (let i = start; i < close; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) i = endOfString(text, i, close);
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) depth--;
    else if (code === comma && depth === 0 && i >= atLeast) return i;
  }
  return close;
}

function endOfString(text: string, start: number, close: number): number {
  for (let i = start + 1; i < close; i++) {
    const code = text.charCodeAt(i);
    if (code === backslash) i++;
    else if (code === quote) return i;
  }
  return close;
}

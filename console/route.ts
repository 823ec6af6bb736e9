/** A place of the console, as the part of the address after `#` names it: `/agents/worker-17?range=6h`. */
export interface Route {
  /** The segments of the path, decoded; empty for the overview. */
  segments: readonly string[];
  query: URLSearchParams;
}

/**
 * Reads `location.hash`. A plus sign is a space, as in the links that alerts carry; a segment that is not well encoded
 * is taken as it is.
 */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = splitOnce(hash.replace(/^#/, ''), '?');
  return {
    segments: path
      .split('/')
      .filter((segment) => segment !== '')
      .map(decode),
    query: new URLSearchParams(query),
  };
}

/** The link to a place; parameters that are empty or undefined are left out. */
export function href(segments: readonly string[], query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
  );
  const parameters = new URLSearchParams(given).toString();
  return `#/${segments.map(encodeURIComponent).join('/')}${parameters === '' ? '' : `?${parameters}`}`;
}

/** The same place with some parameters changed; an empty one is taken away. */
export function hrefWith(route: Route, changes: Readonly<Record<string, string | undefined>>): string {
  return href(route.segments, { ...Object.fromEntries(route.query), ...changes });
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment.replaceAll('+', ' '));
  } catch {
    return segment;
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * How the server fails, until it is told otherwise:
 * - `refuse`: closes the connection without an answer, and does nothing
 * - `hang`: takes the request and never answers
 * - `late`: takes the request, and does it when the fault is over, whether or not anybody waits for the answer
 * - `half`: does what is asked, then closes the connection within the answer
 * - `error`: answers 503, and does nothing
 */
export const faultKinds = ['none', 'refuse', 'hang', 'late', 'half', 'error'] as const;
export type FaultKind = (typeof faultKinds)[number];

export function isFaultKind(kind: string | null): kind is FaultKind {
  return faultKinds.some((known) => known === kind);
}

/** One bound of what a client may do, and how much of it is left. */
export interface LimitState {
  /** Names the bound; visible ASCII without quotes. */
  name: string;
  max: number;
  /** What is counted: `requests` when left out, `content-bytes` or `concurrent-requests`. */
  unit?: 'requests' | 'content-bytes' | 'concurrent-requests';
  /** The time for which `max` is given; left out where the bound is not one of time. */
  windowSeconds?: number;
  remaining: number;
  /** Until more is to be had. */
  resetSeconds: number;
}

/**
 * The fields `RateLimit-Policy` and `RateLimit`, which tell a client its bounds and what is left of them.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/10/
 * @example
 * rateLimitFields([{ name: 'requests', max: 100, windowSeconds: 10, remaining: 20, resetSeconds: 8 }])
 * // { 'ratelimit-policy': '"requests";q=100;w=10', ratelimit: '"requests";r=20;t=8' }
 */
export function rateLimitFields(limits: readonly LimitState[]): { 'ratelimit-policy': string; ratelimit: string } {
  return { 'ratelimit-policy': limits.map(policyOf).join(', '), ratelimit: limits.map(stateOf).join(', ') };
}

function policyOf({ name, max, unit = 'requests', windowSeconds }: LimitState): string {
  const counted = unit === 'requests' ? '' : `;qu="${unit}"`;
  const window = windowSeconds === undefined ? '' : `;w=${Math.ceil(windowSeconds)}`;
  return `"${name}";q=${Math.max(0, Math.floor(max))}${counted}${window}`;
}

function stateOf({ name, remaining, resetSeconds }: LimitState): string {
  return `"${name}";r=${Math.max(0, Math.floor(remaining))};t=${Math.max(0, Math.ceil(resetSeconds))}`;
}

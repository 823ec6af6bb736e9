import { LRUCache } from 'lru-cache';

/** What is left in a bucket. */
export interface Level {
  /** Below 0 while more was taken than there was. */
  tokens: number;
  /** Until there is a token again; 0 while there is one. */
  waitSeconds: number;
  /** Until the bucket is full. */
  fullInSeconds: number;
}

export interface TokenBuckets {
  /** How much is in the bucket of a key. */
  level(key: string): Level;
  /** Takes tokens out, though there may be too few: what is missing is a debt that the next ones wait for. */
  take(key: string, tokens: number): Level;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/**
 * A token bucket for each key: `perSecond` tokens run in until it holds `burstSeconds` of them. Of more than 100,000
 * keys those longest unheard of are forgotten, which fills their buckets.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2697, which meters traffic so.
 */
export function createTokenBuckets({
  perSecond,
  burstSeconds,
  now,
}: {
  perSecond: number;
  burstSeconds: number;
  now: () => Date;
}): TokenBuckets {
  const capacity = Math.max(1, perSecond * burstSeconds);
  const buckets = new LRUCache<string, Bucket>({ max: 100_000 });

  function filled(key: string): Bucket {
    const nowMs = now().getTime();
    let bucket = buckets.get(key);
    if (bucket === undefined) {
      bucket = { tokens: capacity, atMs: nowMs };
      buckets.set(key, bucket);
    }
    const passedSeconds = Math.max(0, nowMs - bucket.atMs) / 1000;
    bucket.tokens = Math.min(capacity, bucket.tokens + passedSeconds * perSecond);
    bucket.atMs = nowMs;
    return bucket;
  }

  function levelOf({ tokens }: Bucket): Level {
    return {
      tokens,
      waitSeconds: tokens >= 1 ? 0 : (1 - tokens) / perSecond,
      fullInSeconds: (capacity - tokens) / perSecond,
    };
  }

  return {
    level: (key) => levelOf(filled(key)),
    take(key, tokens) {
      const bucket = filled(key);
      bucket.tokens -= tokens;
      return levelOf(bucket);
    },
  };
}

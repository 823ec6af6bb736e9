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
  /** How much is in the bucket of a key, into which `perSecond` tokens run. */
  level(key: string, perSecond: number): Level;
  /** Takes tokens out, though there may be too few: what is missing is a debt that the next ones wait for. */
  take(key: string, perSecond: number, tokens: number): Level;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

/** How many tokens a bucket holds at most. */
export function capacityOf(perSecond: number, burstSeconds: number): number {
  return Math.max(1, perSecond * burstSeconds);
}

/**
 * A token bucket for each key: tokens run in at the rate of the key until it holds `burstSeconds` of them. Of more than
 * 100,000 keys those longest unheard of are forgotten, which fills their buckets.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2697, which meters traffic so.
 */
export function createTokenBuckets({ burstSeconds, now }: { burstSeconds: number; now: () => Date }): TokenBuckets {
  const buckets = new LRUCache<string, Bucket>({ max: 100_000 });

  function filled(key: string, perSecond: number): Bucket {
    const capacity = capacityOf(perSecond, burstSeconds);
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

  function levelOf({ tokens }: Bucket, perSecond: number): Level {
    const capacity = capacityOf(perSecond, burstSeconds);
    return {
      tokens,
      waitSeconds: tokens >= 1 ? 0 : (1 - tokens) / perSecond,
      fullInSeconds: (capacity - tokens) / perSecond,
    };
  }

  return {
    level: (key, perSecond) => levelOf(filled(key, perSecond), perSecond),
    take(key, perSecond, tokens) {
      const bucket = filled(key, perSecond);
      bucket.tokens -= tokens;
      return levelOf(bucket, perSecond);
    },
  };
}

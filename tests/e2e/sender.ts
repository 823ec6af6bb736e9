import type { Service } from '../support/service.ts';

/** What got a 2xx, by kind: agents of heartbeats, ids of events, ids of samples. */
export interface Acknowledged {
  heartbeats: string[];
  events: string[];
  samples: string[];
}

export interface Sender {
  acknowledged: Acknowledged;
  /** Resolves when so many requests got a 2xx. */
  untilRequests(count: number): Promise<void>;
  /** Resolves when every connection has ended, as they do once the service is gone. */
  ended: Promise<unknown>;
}

export const sampleMetric = 'sent_value';

const kinds = ['heartbeats', 'events', 'samples'] as const;
type Kind = (typeof kinds)[number];

const recordOf: Record<Kind, (id: string, error: string) => object> = {
  heartbeats: (id) => ({ agent: id }),
  events: (id, error) => ({ eventId: id, task: id, kind: 'sent', state: 'queued', error }),
  samples: (id) => ({ metric: sampleMetric, value: 1, labels: { id } }),
};

/**
 * Posts records with ids of their own, each once, over several connections at a time, until the service refuses or is
 * gone. What got no answer is not sent again: it may be stored or not.
 *
 * @param errorLength characters of text that each event carries, to fill a spool.
 */
export function startSender(
  { url }: Service,
  { prefix, connections = 9, errorLength = 0 }: { prefix: string; connections?: number; errorLength?: number },
): Sender {
  const error = 'x'.repeat(errorLength);
  const acknowledged: Acknowledged = { heartbeats: [], events: [], samples: [] };
  const waiting: { count: number; resolve: () => void }[] = [];
  let requests = 0;

  async function post(kind: Kind, ids: readonly string[]): Promise<boolean> {
    const response = await fetch(`${url}/v1/${kind}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(ids.map((id) => recordOf[kind](id, error))),
    });
    // The status is the acknowledgement: what follows it may be cut.
    if (response.ok) acknowledged[kind].push(...ids);
    await response.text();
    return response.ok;
  }

  async function connect(connection: number): Promise<void> {
    const kind = kinds[connection % kinds.length]!;
    for (let i = 0; ; i++) {
      const ids = Array.from({ length: 1 + (i % 20) }, (_, k) => `${prefix}-${connection}-${i}-${k}`);
      if (!(await post(kind, ids))) return;
      requests++;
      for (const { count, resolve } of waiting) if (requests >= count) resolve();
    }
  }

  const ended = Promise.allSettled(Array.from({ length: connections }, (_, connection) => connect(connection)));
  const untilRequests = (count: number) =>
    Promise.race([
      new Promise<void>((resolve) => waiting.push({ count, resolve })),
      ended.then(() => {
        throw new Error(`the service was gone after ${requests} requests`);
      }),
    ]);
  return { acknowledged, untilRequests, ended };
}

import { setTimeout } from 'node:timers/promises';
import type { HttpBindings } from '@hono/node-server';
import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type SSEStreamingApi, streamSSE } from 'hono/streaming';
import { AppError } from '../telemetry/errors.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { writeEvents } from './event-text.ts';
import {
  currentCursor,
  type LiveCursor,
  type LiveEventsDeps,
  readLiveCursor,
  readLiveEvents,
  writeLiveCursor,
} from './live-events.ts';
import { pageOf } from './page.ts';
import { problemResponses } from './problem.ts';

const eventSchema = z
  .object({
    event: z.string().openapi({
      description:
        'anomaly.opened, .closed; series.level_shifted; incident.opened, .changed, .closed, .merged, .withdrawn; agent.new, .up, .late, .down, .recovered.',
    }),
    data: z.record(z.string(), z.unknown()),
  })
  .openapi('LiveEvent');

const route = createRoute({
  method: 'get',
  path: '/v1/stream',
  summary: 'Follow what happens: anomalies, accepted levels, incidents, agents',
  description:
    'With `Accept: text/event-stream`, server-sent events: `Last-Event-ID` goes on where a client was, up to a day back, and comments ' +
    'keep the connection alive; it ends after a quarter of an hour, and when the client takes nothing for half a minute. An event may come twice, never not at all. Without it, what happened since `cursor` (by default in the last hour).',
  tags: ['stream'],
  middleware: requireScope('read'),
  request: {
    query: z.object({
      cursor: z
        .string()
        .max(60)
        .optional()
        .openapi({ description: 'The `nextCursor` of the answer before, or the id of an event.' }),
    }),
  },
  responses: {
    200: {
      description: 'Events',
      content: {
        'application/json': { schema: pageOf(eventSchema) },
        'text/event-stream': { schema: z.string() },
      },
    },
    ...problemResponses,
  },
});

const pollMs = 1000;
const keepAliveMs = 15_000;
/** Then it ends, and whoever comes again shows a key that is still good. */
const longestMs = 15 * 60_000;
const hourMs = 3_600_000;
/** Whoever was away for longer begins with the last day. */
const furthestMs = 24 * hourMs;
/** Each holds a connection and asks the store once a second. */
const maxClients = 200;

export interface StreamRoutesDeps extends LiveEventsDeps {
  metrics: Pick<Metrics, 'streamClients' | 'streamStalls'>;
  log: Logger;
  /** A client that takes nothing for so long is cut off. */
  streamStallMs: number;
  stopping: () => boolean;
}

/** `GET /v1/stream`. */
export function createStreamRoutes(deps: StreamRoutesDeps) {
  const { now, metrics, log, stopping, streamStallMs } = deps;
  let clients = 0;

  async function startFrom(given: string | undefined, fallbackMs: number): Promise<LiveCursor> {
    const current = await currentCursor(deps);
    const known = given === undefined ? undefined : readLiveCursor(given);
    if (given !== undefined && known === undefined)
      throw new AppError('invalid_request', 'the cursor is not valid; use the id of an event of this stream', {
        errors: [{ pointer: '/cursor', detail: 'not a cursor of this stream' }],
      });
    const earliest = now().getTime() - (known === undefined ? fallbackMs : furthestMs);
    const from = (job: keyof LiveCursor) =>
      known === undefined ? Math.min(current[job], earliest) : Math.max(known[job], Math.min(current[job], earliest));
    return { detect: from('detect'), incidents: from('incidents'), liveness: from('liveness') };
  }

  async function follow(stream: SSEStreamingApi, tenant: string, start: LiveCursor): Promise<void> {
    let cursor = start;
    const startedAt = now().getTime();
    let writtenAt = startedAt;
    const isOver = () => stream.aborted || stream.closed || stopping() || now().getTime() - startedAt >= longestMs;
    async function send(text: string): Promise<void> {
      await inTime(stream.write(text), streamStallMs);
      writtenAt = now().getTime();
    }
    await send(`event: hello\ndata: {}\nid: ${writeLiveCursor(cursor)}\nretry: 2000\n\n`);
    const sent = new Set<string>();
    while (!isOver()) {
      const { pieces, keys, isWhole, next } = await readText(tenant, cursor, sent);
      for (const piece of pieces) {
        if (isOver()) return;
        await send(piece);
      }
      // What did not fit is read from the store again.
      if (!isWhole) {
        for (const key of keys) sent.add(key);
        continue;
      }
      sent.clear();
      cursor = next;
      if (now().getTime() - writtenAt >= keepAliveMs) await send(': still here\n\n');
      await setTimeout(pollMs);
    }
  }

  /** The events after a cursor as text, but for those that were sent; the events themselves are not held while the text is on its way. */
  async function readText(tenant: string, since: LiveCursor, sent: ReadonlySet<string>) {
    const { events, cursor: next } = await readLiveEvents(deps, tenant, since);
    return { ...writeEvents(events, sent, writeLiveCursor(next)), next };
  }

  function stream(context: Context, tenant: string, start: LiveCursor): Response {
    if (clients >= maxClients)
      throw new AppError('unavailable', `${maxClients} clients follow the stream already`, {
        retryAfterSeconds: 10,
        exceeded: { name: 'stream', max: maxClients, unit: 'concurrent-requests' },
      });
    metrics.streamClients.set(++clients);
    context.header('x-accel-buffering', 'no');
    return streamSSE(context, async (sse) => {
      try {
        await follow(sse, tenant, start);
      } catch (error) {
        // It ends, and its client comes again with the id of the last event.
        if (error instanceof StalledError) {
          metrics.streamStalls.inc();
          log.warn(
            { tenant, seconds: streamStallMs / 1000 },
            'a client that does not read was cut off from the stream',
          );
          cutOff(context, sse);
        } else log.error({ err: error, tenant }, 'a stream of events broke off');
      } finally {
        metrics.streamClients.set(--clients);
      }
    });
  }

  return createRouter().openapi(route, async (context) => {
    const { tenant } = context.get('principal');
    const { cursor: given } = context.req.valid('query');
    if (context.req.header('accept')?.includes('text/event-stream')) {
      const start = await startFrom(context.req.header('last-event-id') ?? given, 0);
      return stream(context, tenant, start) as never;
    }
    const { events, cursor } = await readLiveEvents(deps, tenant, await startFrom(given, hourMs));
    return context.json({ items: events, nextCursor: writeLiveCursor(cursor) }, 200);
  });
}

class StalledError extends Error {}

/** @throws StalledError when it takes longer. */
async function inTime(work: Promise<unknown>, longestMs: number): Promise<void> {
  const waiting = new AbortController();
  const stalled = setTimeout(longestMs, undefined, { signal: waiting.signal }).then(
    () => Promise.reject(new StalledError('nothing was taken in time')),
    () => undefined,
  );
  await Promise.race([work, stalled]).finally(() => waiting.abort());
}

/** Lets go of what waits for a client, and of its connection: one that does not read would not see the end either. */
function cutOff(context: Context, stream: SSEStreamingApi): void {
  stream.abort();
  (context.env as Partial<HttpBindings> | undefined)?.outgoing?.destroy();
}

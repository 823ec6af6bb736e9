import { createApiClient } from './api-client.ts';
import { knownKey } from './sign-in.ts';

const pauseMs = 5000;
/** Events come in bursts: one redraw for all of them. */
const settleMs = 400;

/**
 * Calls `onChange` when something has happened, for as long as the page is open and seen; a stream that breaks is taken up
 * again. The page refreshes by itself as well, so that it needs no stream.
 */
export function followStream(onChange: () => void): void {
  let settling: number | undefined;
  const tell = () => {
    window.clearTimeout(settling);
    settling = window.setTimeout(onChange, settleMs);
  };
  let current = new AbortController();
  async function follow(): Promise<void> {
    while (!document.hidden) {
      current = new AbortController();
      await read(current.signal, tell).catch(() => undefined);
      if (current.signal.aborted) return;
      await new Promise((resolve) => window.setTimeout(resolve, pauseMs));
    }
  }
  document.addEventListener('visibilitychange', () => {
    current.abort();
    if (!document.hidden) void follow();
  });
  void follow();
}

/** Reads events until the stream ends; the greeting and comments are none. */
async function read(signal: AbortSignal, onEvent: () => void): Promise<void> {
  const body = await createApiClient({ key: knownKey(), signal }).stream();
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    const messages = text.split('\n\n');
    text = messages.pop()!;
    if (messages.some((message) => /^event: (?!hello)/m.test(message))) onEvent();
  }
}

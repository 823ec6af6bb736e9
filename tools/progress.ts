import { SingleBar } from 'cli-progress';
import { formatNumber } from './table.ts';

/** What a person sees of work that takes a while. */
export interface Progress {
  /** `done` of the total; `note` says what is being done at the moment. */
  update(done: number, note?: string): void;
  /** Ends it; `note` says what came of it. */
  end(note?: string): void;
}

export interface ProgressOptions {
  label: string;
  total: number;
  stream?: NodeJS.WriteStream;
  nowMs?: () => number;
}

/** Away from a terminal, a line so often at most. */
const lineIntervalMs = 5000;

/**
 * Shows progress on standard error: a bar on a terminal, elsewhere a line now and then and one at the end.
 *
 * @param total how much there is to do; a share of it is shown, and `done` may pass it when it was an estimate.
 */
export function createProgress({
  label,
  total,
  stream = process.stderr,
  nowMs = () => performance.now(),
}: ProgressOptions): Progress {
  return stream.isTTY ? createBar(label, total, stream) : createLines(label, total, stream, nowMs);
}

function createBar(label: string, total: number, stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar({
    format: `${label.padEnd(24)} {bar} {percentage}% {note}`,
    barsize: 24,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    stream,
    hideCursor: true,
    clearOnComplete: false,
  });
  bar.start(total, 0, { note: '' });
  return {
    update: (done, note = '') => bar.update(Math.min(done, total), { note }),
    end(note = '') {
      bar.update(total, { note });
      bar.stop();
    },
  };
}

function createLines(label: string, total: number, stream: NodeJS.WriteStream, nowMs: () => number): Progress {
  let lastLineMs = nowMs();
  return {
    update(done, note = '') {
      if (nowMs() - lastLineMs < lineIntervalMs) return;
      lastLineMs = nowMs();
      const share = total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 100;
      stream.write(`${label}: ${formatNumber(share)}% ${note}`.trimEnd().concat('\n'));
    },
    end: (note = 'done') => void stream.write(`${label}: ${note}\n`),
  };
}

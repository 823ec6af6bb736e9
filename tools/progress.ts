import { MultiBar } from 'cli-progress';
import { formatNumber } from './table.ts';

/** What a person sees of work that takes a while. */
export interface Progress {
  /** `done` of the total; `note` says what is being done at the moment. */
  update(done: number, note?: string): void;
  /** Ends it; `note` says what came of it. */
  end(note?: string): void;
}

/** Several pieces of work side by side. */
export interface ProgressGroup {
  /** @param total how much there is to do; `done` may pass it when it was an estimate. */
  start(label: string, total: number): Progress;
  /** Ends the group; what is shown of it stays. */
  end(): void;
}

export interface ProgressOptions {
  stream?: NodeJS.WriteStream;
  nowMs?: () => number;
}

/** Away from a terminal, a line so often at most. */
const lineIntervalMs = 5000;

/** Shows progress on standard error: bars on a terminal, elsewhere a line now and then and one at the end of each. */
export function createProgressGroup({
  stream = process.stderr,
  nowMs = () => performance.now(),
}: ProgressOptions = {}): ProgressGroup {
  return stream.isTTY ? createBars(stream) : createLines(stream, nowMs);
}

/** Shows the progress of one piece of work. */
export function startProgress(label: string, total: number, options: ProgressOptions = {}): Progress {
  const group = createProgressGroup(options);
  const progress = group.start(label, total);
  return {
    update: progress.update,
    end(note) {
      progress.end(note);
      group.end();
    },
  };
}

function createBars(stream: NodeJS.WriteStream): ProgressGroup {
  const bars = new MultiBar({
    format: '{label} {bar} {percentage}% {note}',
    barsize: 24,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    stream,
    hideCursor: true,
  });
  return {
    start(label, total) {
      const payload = { label: label.slice(0, 40).padEnd(24), note: '' };
      const bar = bars.create(total, 0, payload);
      return {
        update: (done, note = '') => bar.update(Math.min(done, total), { ...payload, note }),
        end(note = '') {
          bar.update(total, { ...payload, note });
          bar.stop();
        },
      };
    },
    end: () => bars.stop(),
  };
}

function createLines(stream: NodeJS.WriteStream, nowMs: () => number): ProgressGroup {
  return {
    start(label, total) {
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
    },
    end() {},
  };
}

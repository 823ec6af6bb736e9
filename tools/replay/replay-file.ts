import { setTimeout as sleep } from 'node:timers/promises';
import type { SendResult } from '../../sdk/typescript/answers.ts';
import type { FleetcastClient } from '../../sdk/typescript/client.ts';
import type { Sample } from '../../sdk/typescript/records.ts';
import { startProgress } from '../progress.ts';
import { formatNumber } from '../table.ts';
import type { CsvFile, Reading } from './csv.ts';
import type { SeriesName } from './naming.ts';
import { pace, type Speed } from './pace.ts';
import type { Window } from './windows.ts';

/** What became of a file. */
export interface FileReplay extends SendResult {
  path: string;
  /** From the first to the last time that was sent; undefined when nothing was. */
  span: Window | undefined;
}

export interface ReplayOptions {
  agent: string;
  speed: Speed;
  /** The time of the data at which a paced replay begins. */
  originMs: number;
  nameOf: (path: string, column: string) => SeriesName;
  /** Bytes of the file, to tell how far it is. */
  totalBytes: number;
  signal: AbortSignal;
}

/** Sends a file as samples of an agent with their own times, at the given speed, and shows how far it is. */
export async function replayFile(
  fleetcast: FleetcastClient,
  path: string,
  file: CsvFile,
  { agent, speed, originMs, nameOf, totalBytes, signal }: ReplayOptions,
): Promise<FileReplay> {
  const replay: FileReplay = { path, accepted: 0, refused: 0, errors: [], span: undefined };
  const progress = startProgress(path.split('/').at(-1) ?? path, totalBytes);
  const toSample = ({ timeMs, column, value }: Reading): Sample => {
    replay.span = {
      fromMs: Math.min(replay.span?.fromMs ?? timeMs, timeMs),
      toMs: Math.max(replay.span?.toMs ?? timeMs, timeMs),
    };
    return { agent, time: timeMs, value, ...nameOf(path, column) };
  };
  const show = ({ accepted }: SendResult) => progress.update(file.bytesRead(), `${formatNumber(accepted)} samples`);

  const clock = { nowMs: () => performance.now(), sleep: (delayMs: number) => sleep(delayMs, undefined, { signal }) };
  const groups = speed === 'max' ? [file.readings()] : pace(file.readings(), { originMs, speed, clock });
  for await (const group of groups) {
    const before = replay.accepted;
    const sent = await fleetcast.samples(mapEach(group, toSample), {
      backfill: true,
      concurrency: 2,
      signal,
      onProgress: (soFar) => show({ ...soFar, accepted: before + soFar.accepted }),
    });
    replay.accepted += sent.accepted;
    replay.refused += sent.refused;
    replay.errors.push(...sent.errors);
  }
  progress.end(`${formatNumber(replay.accepted)} samples`);
  return replay;
}

async function* mapEach<T, U>(items: Iterable<T> | AsyncIterable<T>, map: (item: T) => U): AsyncGenerator<U> {
  for await (const item of items) yield map(item);
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFleetcastClient } from '../../sdk/typescript/client.ts';
import { freePort } from '../support/ports.ts';
import { type Service, startService } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { runCommand } from './command.ts';

const folder = temporaryDirectory();
const hourMs = 3_600_000;
const startMs = Date.UTC(2014, 1, 14);
const spikeMs = startMs + 200 * hourMs;
let service: Service;

beforeAll(async () => {
  service = await startService({ env: { FLEETCAST_JOBS_ENABLED: 'false' } });
});
afterAll(async () => {
  await service?.kill();
  folder.remove();
});

function write(name: string, content: string): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

const timeText = (timeMs: number) => new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ');

/** Ten days at five minutes with a daily wave, one hour of which is ten times too high, and one line that is broken. */
function spikyFile(): string {
  const lines = Array.from({ length: 2880 }, (_, i) => {
    const timeMs = startMs + i * 300_000;
    const wave = 50 + 20 * Math.sin((2 * Math.PI * timeMs) / (24 * hourMs)) + ((i * 7919) % 13) / 10;
    return `${timeText(timeMs)},${timeMs >= spikeMs && timeMs < spikeMs + hourMs ? 10 * wave : wave}`;
  });
  return write(
    'spiky load.csv',
    ['timestamp,value', ...lines.slice(0, 500), 'yesterday,1', ...lines.slice(500)].join('\n'),
  );
}

describe('npm run replay', () => {
  it('sends a file, has it scored and forecast, and shows the anomaly beside the label', async () => {
    const windows = [[timeText(spikeMs - hourMs), timeText(spikeMs + 2 * hourMs)]];
    const labels = write('labels.json', JSON.stringify({ 'spiky load.csv': windows }));
    const { code, stdout, stderr } = await runCommand(
      'tools/replay.ts',
      spikyFile(),
      '--url',
      service.url,
      '--labels',
      labels,
    );
    expect(code, stderr).toBe(0);
    // A slow machine tells of its progress more than once.
    expect(new Set(stderr.match(/^(detect|forecast): /gm))).toEqual(new Set(['detect: ', 'forecast: ']));
    expect(stdout).toContain('line 502: timestamp is not a time: yesterday,1');
    expect(stdout).toContain(
      `labelled ${timeText(spikeMs - hourMs).slice(0, 16)} to ${timeText(spikeMs + 2 * hourMs).slice(0, 16)}  hit: `,
    );
    expect(stdout).toMatch(/spiky load\.csv +2,880 +1 +1 +\d+ +1 of 1/);

    const fleetcast = createFleetcastClient({ url: service.url });
    const [series] = await fleetcast.series({ agent: 'replay', metric: 'spiky_load' });
    const points = await fleetcast.points(series!.id, { step: 'raw', from: startMs, to: startMs + 11 * 24 * hourMs });
    expect(points.times).toEqual(Array.from({ length: 2880 }, (_, i) => startMs + i * 300_000));
    expect((await fleetcast.forecasts(series!.id)).length).toBeGreaterThan(0);
  });

  it('replays at the pace of the data, files side by side', async () => {
    const lines = (shift: number) =>
      ['ts,v', ...Array.from({ length: 3 }, (_, i) => `${timeText(startMs + shift + i * 60_000)},${i}`)].join('\n');
    const paths = [write('a.csv', lines(0)), write('b.csv', lines(30_000))];
    const { code, stdout } = await runCommand(
      'tools/replay.ts',
      ...paths,
      '--url',
      service.url,
      '--speed',
      '300x',
      '--agent',
      'paced',
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/a\.csv +3 /);
    expect(stdout).toMatch(/b\.csv +3 /);
  });

  it('says what to do when no service is running', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await runCommand('tools/replay.ts', write('a.csv', 'ts,v\n2014-02-14,1'), '--url', url);
    expect(code).toBe(1);
    expect(stderr.trim()).toBe(
      `nothing listens at ${url}; start the service with \`npm start\`, or say where it is with --url`,
    );
  });

  it.each([
    ['a file that is not there', ['missing.csv'], /missing\.csv: ENOENT/],
    ['a file without times', [write('text.csv', 'a,b\nx,y')], /no column of times/],
    ['a speed that is none', ['x.csv', '--speed', 'fast'], /expected max, or a factor such as 60x/],
  ])('ends with one line for %s', async (_, args, message) => {
    const { code, stderr } = await runCommand('tools/replay.ts', ...args, '--url', service.url);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/ at .*\.ts:\d+/);
  });

  it('shows examples in its help', async () => {
    expect((await runCommand('tools/replay.ts', '--help')).stdout).toContain('npm run replay -- cpu.csv');
  });
});

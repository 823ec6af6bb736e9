import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineQuery } from '../../store/query.ts';
import { openTelemetryStore } from '../../store/telemetry.ts';
import { freePort, launchService } from '../../tools/launch.ts';
import { streamMetric } from './sample-stream.ts';

/** A server that samples are sent to, started for one measurement. */
export interface IngestServer {
  url: string;
  pid: number;
  /** Waits until so many samples can be read, or at most half a minute. */
  untilReadable(samples: number): Promise<void>;
  /** Stops it, and answers how many of the samples it has. */
  stopAndCount(): Promise<number>;
}

export type StartServer = (folder: string) => Promise<IngestServer>;

const timeoutMs = 30_000;
const pollMs = 50;

export const peers = ['prometheus', 'victoria-metrics', 'influxdb'] as const;
export type Peer = (typeof peers)[number];

const countSamples = defineQuery({
  name: 'bench_count_samples',
  sql: `SELECT count() AS samples FROM samples FINAL
    WHERE series_id IN (SELECT series_id FROM series WHERE metric = {metric:String})`,
  params: z.object({ metric: z.string() }),
  row: z.object({ samples: z.coerce.number() }),
});

/** Our service with embedded stores and without its schedule. */
export const startFleetcast: StartServer = async (folder) => {
  const settings = { FLEETCAST_JOBS_ENABLED: 'false', FLEETCAST_LOG_LEVEL: 'warn' };
  const service = await launchService({ port: await freePort(), dataDir: folder, settings });
  return {
    url: service.url,
    pid: service.pid,
    async untilReadable() {
      await until(async () => {
        // A reader, as the others are asked by one: the answer waits for what was acknowledged before.
        await (await fetch(`${service.url}/v1/series?metric=${streamMetric}&limit=1`)).json();
        return (await (await fetch(`${service.url}/status`)).json()).ingest.queuedRows === 0;
      });
    },
    async stopAndCount() {
      await service.stop();
      const store = await openTelemetryStore({ url: `chdb:${join(folder, 'clickhouse')}` });
      const [row] = await store.query(countSamples, { metric: streamMetric });
      await store.close();
      return row!.samples;
    },
  };
};

/** The servers beside which we are measured, by the program that runs each. */
export const peerServers: Record<Peer, { program: string; start: (program: string) => StartServer }> = {
  prometheus: {
    program: 'prometheus',
    start: (program) => async (folder) => {
      const config = join(folder, 'prometheus.yml');
      writeFileSync(config, '{}\n');
      return startPeer(program, (address) => [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        '--web.enable-remote-write-receiver',
        `--web.listen-address=${address}`,
        '--log.level=error',
      ]);
    },
  },
  'victoria-metrics': {
    program: 'victoria-metrics',
    start: (program) => (folder) =>
      startPeer(program, (address) => [
        `-storageDataPath=${join(folder, 'data')}`,
        `-httpListenAddr=${address}`,
        '-loggerLevel=ERROR',
        // It does not answer the newest half minute by default.
        '-search.latencyOffset=0s',
      ]),
  },
  influxdb: {
    program: 'influxd',
    start: (program) => async (folder) => {
      const config = join(folder, 'influxdb.conf');
      const server = await startPeer(
        program,
        (address) => {
          const sections = [
            'reporting-disabled = true',
            'bind-address = "127.0.0.1:0"',
            `[meta]\ndir = "${folder}/meta"`,
            `[data]\ndir = "${folder}/data"\nwal-dir = "${folder}/wal"\nquery-log-enabled = false`,
            `[http]\nbind-address = "${address}"\nlog-enabled = false`,
            '[logging]\nlevel = "error"',
            '[monitor]\nstore-enabled = false',
          ];
          writeFileSync(config, sections.join('\n'));
          return ['-config', config];
        },
        { ready: '/ping', count: countInfluxdb },
      );
      await fetch(`${server.url}/query`, { method: 'POST', body: new URLSearchParams({ q: 'CREATE DATABASE bench' }) });
      return server;
    },
  },
};

/** The full path of a peer's program: in `folder` or on PATH; undefined where it is absent. */
export function findPeer(peer: Peer, folder: string | undefined): string | undefined {
  const folders = [...(folder === undefined ? [] : [folder]), ...(process.env.PATH ?? '').split(delimiter)];
  return folders
    .map((each) => join(each, peerServers[peer].program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

async function startPeer(
  program: string,
  argumentsOf: (address: string) => string[],
  { ready = '/-/ready', count = countPromql }: { ready?: string; count?: (url: string) => Promise<number> } = {},
): Promise<IngestServer> {
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(program, argumentsOf(address), { stdio: 'ignore' });
  const killWithUs = () => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const url = `http://${address}`;
  await until(async () => (await fetch(url + ready)).ok);
  return {
    url,
    pid: child.pid!,
    async untilReadable(samples) {
      await until(async () => (await count(url)) >= samples).catch(() => {});
    },
    async stopAndCount() {
      const found = await count(url);
      await stopChild(child);
      process.off('exit', killWithUs);
      return found;
    },
  };
}

async function stopChild(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await exited;
}

async function countPromql(url: string): Promise<number> {
  const query = new URLSearchParams({ query: `sum(count_over_time(${streamMetric}[7d]))`, nocache: '1' });
  const answer = await (await fetch(`${url}/api/v1/query?${query}`)).json();
  return Number((answer as { data?: { result: { value: [number, string] }[] } }).data?.result[0]?.value[1] ?? 0);
}

async function countInfluxdb(url: string): Promise<number> {
  const query = new URLSearchParams({ db: 'bench', q: `SELECT COUNT(value) FROM ${streamMetric}` });
  const answer = await (await fetch(`${url}/query?${query}`)).json();
  const { results } = answer as { results: { series?: { values: [unknown, number][] }[] }[] };
  return results[0]?.series?.[0]?.values[0]?.[1] ?? 0;
}

async function until(probe: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    if (await probe().catch(() => false)) return;
    await sleep(pollMs);
  }
  throw new Error('a server was not ready in time');
}

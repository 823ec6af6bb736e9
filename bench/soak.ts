import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineQuery } from '../store/query.ts';
import { openTelemetryStore } from '../store/telemetry.ts';
import { freePort, launchService } from '../tools/launch.ts';
import { formatNumber, renderTable } from '../tools/table.ts';
import { defineBench } from './bench.ts';
import { describeMachine, type MachineFacts } from './measures/machine.ts';
import { type PacedPosts, postAtPace } from './measures/paced-posts.ts';
import { readProcessMetrics } from './measures/process-metrics.ts';
import { temporaryFolder } from './measures/temporary-folder.ts';

const kinds = ['heartbeats', 'events', 'samples'] as const;
type Kind = (typeof kinds)[number];

export interface SoakReport {
  machine: MachineFacts;
  isQuick: boolean;
  rps: number;
  seconds: number;
  connections: number;
  achievedRps: number;
  latencyMs: PacedPosts['latencyMs'];
  answered: number;
  failed: number;
  /** Of the records that got a 200: how many are in the store, how many are not, and how many are there twice. */
  stored: Record<Kind, { acknowledged: number; lost: number; twice: number }>;
  /** Samples as the rollups count them less samples in the store: other than 0, something was counted twice or not. */
  rollupDifference: number;
  eventLoopDelayP99Ms: { median: number; max: number };
  /** CPU time of the service, of all its threads, by wall time. */
  cpuCores: number;
  memory: { atStartBytes: number; afterFifthBytes: number; atEndBytes: number; growthRatio: number };
}

const connections = 64;
const agents = 1000;
const series = 500;
const metric = 'soak_value';
const readEveryMs = 5000;

/** Single records of all kinds at a steady rate, and afterwards what is stored of them. */
export const soak = defineBench<SoakReport>({
  id: 'soak',
  description:
    'single-record posts of mixed kinds at a steady rate: latency, memory, what was acknowledged against what is stored',
  flags: [
    { flag: '--rps <requests>', description: 'requests a second', default: '1000' },
    { flag: '--seconds <seconds>', description: 'for how long', default: '300' },
  ],
  async measure({ isQuick, log, options }) {
    const rps = isQuick ? 200 : Number(options.rps);
    const seconds = isQuick ? 2 : Number(options.seconds);
    const folder = temporaryFolder();
    const settings = { FLEETCAST_JOBS_ENABLED: 'false', FLEETCAST_LOG_LEVEL: 'warn' };
    const service = await launchService({ port: await freePort(), dataDir: folder, settings });
    const startMs = Date.now() - 1000 * seconds;
    try {
      const before = await readProcessMetrics(service.url);
      log(`${formatNumber(rps)} posts a second for ${seconds} s over ${connections} connections`);
      const watch = watchProcess(service.url);
      const posts = await postAtPace({ url: service.url, rps, seconds, connections, request: requestOf(startMs) });
      const readings = await watch.stop();
      const after = await readProcessMetrics(service.url);
      await service.stop();
      log('comparing with what is stored');
      const found = await compare(join(folder, 'clickhouse'), posts.acknowledged, startMs);
      const memories = readings.map(({ residentMemoryBytes }) => residentMemoryBytes);
      const afterFifthBytes = memories[Math.floor(memories.length / 5)] ?? after.residentMemoryBytes;
      const delays = readings.map(({ eventLoopLagP99Seconds }) => eventLoopLagP99Seconds * 1000).sort((a, b) => a - b);
      const { acknowledged: _, sent: __, ...measured } = posts;
      return {
        machine: describeMachine(),
        ...{ isQuick, rps, seconds, connections },
        ...measured,
        ...found,
        eventLoopDelayP99Ms: { median: delays[delays.length >> 1] ?? 0, max: delays.at(-1) ?? 0 },
        cpuCores: (after.cpuSeconds - before.cpuSeconds) / seconds,
        memory: {
          atStartBytes: before.residentMemoryBytes,
          afterFifthBytes,
          atEndBytes: after.residentMemoryBytes,
          growthRatio: after.residentMemoryBytes / afterFifthBytes - 1,
        },
      };
    } finally {
      await service.stop();
    }
  },
  render: renderSoak,
});

/** Each record carries its number: a heartbeat and a sample in its time, an event in its name. */
function requestOf(startMs: number): (n: number) => { path: string; body: string } {
  return (n) => {
    const kind = kinds[n % kinds.length]!;
    const agent = `soak-${n % agents}`;
    const time = startMs + n;
    const record = {
      heartbeats: { agent, time, type: 'soak', version: '1.0.0', intervalSeconds: 60 },
      events: {
        eventId: `soak-${n}`,
        time,
        agent,
        task: `task-${n}`,
        kind: 'soak',
        state: 'succeeded',
        durationSeconds: 1,
      },
      samples: { metric, time, value: 1, aggregation: 'sum', labels: { id: String(n % series) } },
    }[kind];
    return { path: `/v1/${kind}`, body: JSON.stringify(record) };
  };
}

function watchProcess(url: string) {
  const readings: Awaited<ReturnType<typeof readProcessMetrics>>[] = [];
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await sleep(readEveryMs, undefined, { signal: stopping.signal }).catch(() => {});
      readings.push(await readProcessMetrics(url));
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await watching;
      return readings;
    },
  };
}

const row = z.object({ numbers: z.array(z.coerce.number()) });
const params = z.object({ startMs: z.number().int() });
const numbersOf: Record<Kind, string> = {
  heartbeats: `SELECT groupArray(toUnixTimestamp64Milli(time) - {startMs:Int64}) AS numbers FROM heartbeats`,
  events: `SELECT groupArray(toInt64(substring(event_id, 6)) + 0 * {startMs:Int64}) AS numbers FROM task_events`,
  samples: `SELECT groupArray(toUnixTimestamp64Milli(s.time) - {startMs:Int64}) AS numbers FROM samples AS s
    WHERE series_id IN (SELECT series_id FROM series WHERE metric = '${metric}')`,
};
const rolledUp = defineQuery({
  name: 'soak_rolled_up',
  sql: `SELECT toFloat64(sum(r.count)) AS count FROM rollup_minute AS r WHERE series_id IN (SELECT series_id FROM series WHERE metric = '${metric}')`,
  params: z.object({}),
  row: z.object({ count: z.number() }),
});

/** Holds the numbers that were acknowledged against the rows as they were written, before any merge by a reader. */
async function compare(
  path: string,
  acknowledged: Uint8Array,
  startMs: number,
): Promise<Pick<SoakReport, 'stored' | 'rollupDifference'>> {
  const store = await openTelemetryStore({ url: `chdb:${path}` });
  try {
    const stored = {} as SoakReport['stored'];
    let samples = 0;
    for (const [k, kind] of kinds.entries()) {
      const query = defineQuery({ name: `soak_${kind}`, sql: numbersOf[kind], params, row });
      const [found] = await store.query(query, { startMs });
      const times = new Uint8Array(acknowledged.length);
      for (const n of found?.numbers ?? []) times[n] = times[n]! + 1;
      const counts = { acknowledged: 0, lost: 0, twice: 0 };
      for (let n = k; n < acknowledged.length; n += kinds.length) {
        counts.acknowledged += acknowledged[n]!;
        if (acknowledged[n] === 1 && times[n] === 0) counts.lost++;
        if (times[n]! > 1) counts.twice++;
      }
      stored[kind] = counts;
      if (kind === 'samples') samples = found?.numbers.length ?? 0;
    }
    const [{ count } = { count: 0 }] = await store.query(rolledUp, {});
    return { stored, rollupDifference: count - samples };
  } finally {
    await store.close();
  }
}

function renderSoak(report: SoakReport): string {
  const mebibytes = (bytes: number) => bytes / 2 ** 20;
  const sum = (field: 'acknowledged' | 'lost' | 'twice') =>
    kinds.reduce((total, kind) => total + report.stored[kind][field], 0);
  const { latencyMs, memory, machine } = report;
  const rows: [string, number, string][] = [
    [`single posts, ${report.connections} connections, ${report.seconds} s at`, report.rps, 'requests/s'],
    ['  achieved', report.achievedRps, 'requests/s'],
    ['  latency p50', latencyMs.p50, 'ms'],
    ['  latency p95', latencyMs.p95, 'ms'],
    ['  latency p99', latencyMs.p99, 'ms'],
    ['  latency max', latencyMs.max, 'ms'],
    ['  failed', report.failed, 'requests'],
    ['acknowledged', sum('acknowledged'), 'records'],
    ['  of these not stored', sum('lost'), 'records'],
    ['  stored twice', sum('twice'), 'records'],
    ['rollups count more than is stored', report.rollupDifference, 'samples'],
    ['event loop delay, p99, median', report.eventLoopDelayP99Ms.median, 'ms'],
    ['event loop delay, p99, max', report.eventLoopDelayP99Ms.max, 'ms'],
    ['CPU of the service', report.cpuCores, 'cores'],
    ['memory at the start', mebibytes(memory.atStartBytes), 'MiB'],
    ['memory after a fifth', mebibytes(memory.afterFifthBytes), 'MiB'],
    ['memory at the end', mebibytes(memory.atEndBytes), 'MiB'],
    ['  growth since the fifth', memory.growthRatio * 100, '%'],
  ];
  const where = `${machine.cpus} x ${machine.cpuModel}, ${machine.platform}, Node ${machine.node}, load ${machine.loadAverage.toFixed(1)}`;
  return `${renderTable(['measured', 'value', 'unit'], rows)}\n\n${where}`;
}

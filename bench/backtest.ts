import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../models/statistics/median.ts';
import { quantile } from '../models/statistics/quantile.ts';
import { seededRandom } from '../models/statistics/seeded-random.ts';
import { createFleetcastClient } from '../sdk/typescript/client.ts';
import type { DetectorBacktest } from '../sdk/typescript/on-call-answers.ts';
import { migrateTelemetry } from '../store/migrate-telemetry.ts';
import { defaultTenant } from '../store/records/tenants.ts';
import { seriesId } from '../store/series-id.ts';
import { type SampleRow, samplesTable, seriesTable } from '../store/tables.ts';
import { openTelemetryStore } from '../store/telemetry.ts';
import { freePort, type LaunchedService, launchService } from '../tools/launch.ts';
import { renderTable } from '../tools/table.ts';
import { defineBench } from './bench.ts';
import { describeMachine, type MachineFacts } from './measures/machine.ts';
import { readProcessMetrics } from './measures/process-metrics.ts';
import { temporaryFolder } from './measures/temporary-folder.ts';

export interface BacktestReport {
  machine: MachineFacts;
  series: number;
  days: number;
  /** Of each request, one sample a minute. */
  points: number;
  alarms: number;
  /** From the request to its answer. The first request also starts the threads. */
  firstSeconds: number;
  medianSeconds: number;
  /** Of all threads of the service, for one request. */
  cpuSeconds: number;
  /** How much later than they were due timers of the service ran, over all requests. */
  eventLoopDelayMs: { p99: number; max: number };
  /** What others waited for `GET /livez` meanwhile. */
  otherRequestsMs: { p99: number; max: number };
}

const settings = {
  full: { series: 100, days: 14, requests: 5 },
  quick: { series: 10, days: 1, requests: 2 },
};
const minuteMs = 60_000;
const dayMs = 86_400_000;
const metric = 'load_ratio';
/** The service looks at its event loop so often, which is part of what it notes. */
const loopIntervalMs = 10;

/** What it costs to try settings of the detector on two weeks of a hundred series. */
export const backtest = defineBench<BacktestReport>({
  id: 'backtest',
  description: 'POST /v1/detectors/backtest over 100 series of 14 days: seconds, and what others wait meanwhile',
  async measure({ isQuick, log }) {
    const { series, days, requests } = settings[isQuick ? 'quick' : 'full'];
    const machine = describeMachine();
    const dataDir = temporaryFolder();
    const to = Math.floor(Date.now() / dayMs) * dayMs;
    const from = to - days * dayMs;
    log(`${series} series of ${days} days`);
    await fill(dataDir, series, from, to);
    const quiet = { FLEETCAST_JOBS_ENABLED: 'false', FLEETCAST_LOG_LEVEL: 'warn' };
    const service = await launchService({ port: await freePort(), dataDir, settings: quiet });
    try {
      log(`${requests} requests`);
      const measured = await measureRequests(service, requests, from, to);
      return { machine, series, days, ...measured };
    } finally {
      await service.stop();
    }
  },
  render: renderReport,
});

/** A swing by the day with noise; every tenth series has an hour at twice its value on its last day. */
async function fill(dataDir: string, count: number, from: number, to: number): Promise<void> {
  const telemetry = await openTelemetryStore({ url: `chdb:${join(dataDir, 'clickhouse')}` });
  await migrateTelemetry(telemetry, () => new Date());
  const agents = Array.from({ length: count }, (_, i) => ({ agent: `agent-${i}` }));
  const ids = agents.map((labels) => seriesId(defaultTenant, metric, labels));
  const names = agents.map((labels, i) => ({ tenant: defaultTenant, metric, series_id: ids[i]!, labels }));
  await telemetry.insert(
    seriesTable,
    names.map((name) => ({ ...name, aggregation: 'avg', unit: '' })),
  );
  const random = seededRandom(1);
  const kept = { raw_until: to / dayMs + 90, rollup_until: to / dayMs + 400 };
  for (let day = from; day < to; day += dayMs) {
    const rows: SampleRow[] = [];
    for (let time = day; time < day + dayMs; time += minuteMs) {
      const swing = 50 + 10 * Math.sin((2 * Math.PI * time) / dayMs);
      const isBad = time >= to - dayMs / 2 && time < to - dayMs / 2 + 60 * minuteMs;
      for (let i = 0; i < count; i++) {
        const value = (swing + random()) * (isBad && i % 10 === 0 ? 2 : 1);
        rows.push({ tenant: defaultTenant, series_id: ids[i]!, time, value, aggregation: 'avg', ...kept });
      }
    }
    await telemetry.insert(samplesTable, rows);
  }
  await telemetry.close();
}

async function measureRequests(
  { url }: LaunchedService,
  requests: number,
  from: number,
  to: number,
): Promise<Omit<BacktestReport, 'machine' | 'series' | 'days'>> {
  const fleetcast = createFleetcastClient({ url, timeoutSeconds: 300 });
  const seconds: number[] = [];
  let answer: DetectorBacktest | undefined;
  const before = await readProcessMetrics(url);
  const others = askMeanwhile(`${url}/livez`);
  for (let n = 0; n < requests; n++) {
    const started = performance.now();
    answer = await fleetcast.backtestDetector({ selector: { metric }, from, to });
    seconds.push((performance.now() - started) / 1000);
  }
  const waits = await others.stop();
  const after = await readProcessMetrics(url);
  const delayMs = (lagSeconds: number) => Math.max(0, lagSeconds * 1000 - loopIntervalMs);
  return {
    points: answer!.points,
    alarms: answer!.alarms,
    firstSeconds: seconds[0]!,
    medianSeconds: median(seconds.slice(1)),
    cpuSeconds: (after.cpuSeconds - before.cpuSeconds) / requests,
    eventLoopDelayMs: { p99: delayMs(after.eventLoopLagP99Seconds), max: delayMs(after.eventLoopLagMaxSeconds) },
    otherRequestsMs: { p99: quantile(waits, 0.99), max: Math.max(...waits) },
  };
}

/** Asks again and again; `stop` answers what each request waited, in milliseconds. */
function askMeanwhile(url: string): { stop(): Promise<number[]> } {
  const waits: number[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const started = performance.now();
      await (await fetch(url)).text();
      waits.push(performance.now() - started);
      await sleep(5);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await asking;
      return waits;
    },
  };
}

function renderReport(report: BacktestReport): string {
  const { series, days, points, alarms, eventLoopDelayMs, otherRequestsMs, machine } = report;
  const rows: [string, number, string][] = [
    [`a backtest of ${series} series over ${days} days, median`, report.medianSeconds, 's'],
    ['  the first', report.firstSeconds, 's'],
    ['  CPU of the service', report.cpuSeconds, 's'],
    ['  points scored', points, 'points'],
    ['  alarms', alarms, 'alarms'],
    ['event loop delay, p99', eventLoopDelayMs.p99, 'ms'],
    ['  the longest', eventLoopDelayMs.max, 'ms'],
    ['another request meanwhile, p99', otherRequestsMs.p99, 'ms'],
    ['  the slowest', otherRequestsMs.max, 'ms'],
  ];
  return `${renderTable(['measured', 'value', 'unit'], rows)}\n\n${machine.cpus} x ${machine.cpuModel}, load ${machine.loadAverage.toFixed(1)}`;
}

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createFleetcastClient } from '../sdk/typescript/client.ts';
import { freePort, type LaunchedService, launchService } from '../tools/launch.ts';
import { formatNumber, renderTable } from '../tools/table.ts';
import { type BenchContext, defineBench } from './bench.ts';
import { type ArrayPosts, countStoredSamples, measureArrayPosts } from './measures/array-posts.ts';
import { type DemoFleetJobs, measureDemoFleet } from './measures/demo-fleet.ts';
import { describeMachine, type MachineFacts } from './measures/machine.ts';
import { readProcessMetrics } from './measures/process-metrics.ts';
import { measureSingleHeartbeats, type SingleHeartbeats } from './measures/single-heartbeats.ts';
import { temporaryFolder } from './measures/temporary-folder.ts';

export interface SmokeReport {
  machine: MachineFacts;
  isQuick: boolean;
  /** From the start of the process until it is ready, with a new and with a filled data folder. */
  startToReady: { coldSeconds: number; warmSeconds: number };
  arrayPosts: ArrayPosts & { eventLoopLagP99Seconds: number };
  singleHeartbeats: SingleHeartbeats & { eventLoopLagP99Seconds: number };
  /** Resident memory of the process: some seconds after the load above, and right after a start on its data. */
  memoryAtRest: { afterLoadBytes: number; afterWarmStartBytes: number };
  /** What the API gives back of what was sent; a 200 that is not found again is a fault. */
  verified: { samplesSent: number; samplesFound: number; heartbeatsAnswered: number; heartbeatsStored: number };
  demoFleet: DemoFleetJobs;
}

const settings = {
  full: {
    arrays: { series: 200, samplesPerSeries: 5000, batchSamples: 5000, connections: 4 },
    heartbeats: { connections: 32, seconds: 10, agents: 1000 },
    demoDays: 14,
    restSeconds: 5,
  },
  quick: {
    arrays: { series: 20, samplesPerSeries: 500, batchSamples: 2000, connections: 2 },
    heartbeats: { connections: 32, seconds: 1, agents: 100 },
    demoDays: 1,
    restSeconds: 0,
  },
};

/** The numbers that a newcomer asks for first. */
export const smoke = defineBench<SmokeReport>({
  id: 'smoke',
  description:
    'start to ready, samples/s, heartbeats/s and their latency, detect and forecast over the demo fleet, memory',
  async measure(context) {
    const folder = temporaryFolder();
    const machine = describeMachine();
    const ingest = await measureIngest(join(folder, 'ingest'), context);
    const demoFleet = await measureJobs(join(folder, 'demo'), context);
    return { machine, isQuick: context.isQuick, ...ingest, demoFleet };
  },
  render: renderSmoke,
});

async function measureIngest(
  dataDir: string,
  { isQuick, log }: BenchContext,
): Promise<Omit<SmokeReport, 'machine' | 'isQuick' | 'demoFleet'>> {
  const { arrays, heartbeats, restSeconds } = settings[isQuick ? 'quick' : 'full'];
  log('start with a new data folder');
  const cold = await launch(dataDir);
  const { url } = cold;
  const fleetcast = createFleetcastClient({ url });
  try {
    log(
      `${formatNumber(arrays.series * arrays.samplesPerSeries)} samples in arrays of ${formatNumber(arrays.batchSamples)}`,
    );
    const arrayPosts = await withLag(url, () => measureArrayPosts(url, arrays));
    log(`single heartbeats, ${heartbeats.connections} connections`);
    const before = await readProcessMetrics(url);
    const singleHeartbeats = await withLag(url, () => measureSingleHeartbeats(url, heartbeats));
    await sleep(restSeconds * 1000);
    const after = await readProcessMetrics(url);
    log('counting what is stored');
    const samplesFound = await countStoredSamples(fleetcast);
    await cold.stop();
    log('start on the same data');
    const warm = await launch(dataDir);
    const { residentMemoryBytes } = await readProcessMetrics(warm.url);
    await warm.stop();
    return {
      startToReady: { coldSeconds: cold.secondsToReady, warmSeconds: warm.secondsToReady },
      arrayPosts,
      singleHeartbeats,
      memoryAtRest: { afterLoadBytes: after.residentMemoryBytes, afterWarmStartBytes: residentMemoryBytes },
      verified: {
        samplesSent: arrayPosts.samples,
        samplesFound,
        heartbeatsAnswered: singleHeartbeats.answered,
        heartbeatsStored: after.storedRecords('heartbeats') - before.storedRecords('heartbeats'),
      },
    };
  } finally {
    await cold.stop();
  }
}

async function measureJobs(dataDir: string, { isQuick, log }: BenchContext): Promise<DemoFleetJobs> {
  const { demoDays } = settings[isQuick ? 'quick' : 'full'];
  log(`the demo's fleet, ${demoDays} days`);
  const service = await launch(dataDir);
  try {
    return await measureDemoFleet(createFleetcastClient({ url: service.url }), demoDays);
  } finally {
    await service.stop();
  }
}

/** Without the schedule, whose runs would fall into one measurement or another. */
async function launch(dataDir: string): Promise<LaunchedService> {
  const quiet = { FLEETCAST_JOBS_ENABLED: 'false', FLEETCAST_LOG_LEVEL: 'warn' };
  return launchService({ port: await freePort(), dataDir, settings: quiet });
}

/** Adds the delay of the service's event loop while something was measured. */
async function withLag<T>(url: string, measure: () => Promise<T>): Promise<T & { eventLoopLagP99Seconds: number }> {
  await readProcessMetrics(url);
  const measured = await measure();
  const { eventLoopLagP99Seconds } = await readProcessMetrics(url);
  return { ...measured, eventLoopLagP99Seconds };
}

function renderSmoke({
  startToReady,
  arrayPosts,
  singleHeartbeats,
  memoryAtRest,
  verified,
  demoFleet,
  machine,
}: SmokeReport): string {
  const mebibytes = (bytes: number) => bytes / 2 ** 20;
  const { detectHistory, detectMinute, forecast } = demoFleet;
  const rows: [string, number, string][] = [
    ['start to ready, new data folder', startToReady.coldSeconds, 's'],
    ['start to ready, filled data folder', startToReady.warmSeconds, 's'],
    [
      `samples in arrays of ${formatNumber(arrayPosts.batchSamples)}`,
      Math.round(arrayPosts.samplesPerSecond),
      'samples/s',
    ],
    ['  event loop delay, p99', arrayPosts.eventLoopLagP99Seconds * 1000, 'ms'],
    [
      `single heartbeats, ${singleHeartbeats.connections} connections`,
      Math.round(singleHeartbeats.requestsPerSecond),
      'requests/s',
    ],
    ['  latency p50', singleHeartbeats.p50Ms, 'ms'],
    ['  latency p95', singleHeartbeats.p95Ms, 'ms'],
    ['  latency p99', singleHeartbeats.p99Ms, 'ms'],
    ['  event loop delay, p99', singleHeartbeats.eventLoopLagP99Seconds * 1000, 'ms'],
    ['  failed', singleHeartbeats.failed, 'requests'],
    [`demo fleet, ${demoFleet.days} days: ${formatNumber(demoFleet.records)} records`, demoFleet.seedSeconds, 's'],
    [`  detect, history: ${formatNumber(detectHistory.points)} points`, detectHistory.seconds, 's'],
    [`  detect, one minute: ${formatNumber(detectMinute.points)} points`, detectMinute.seconds, 's'],
    [`  forecast: ${formatNumber(forecast.series)} series`, forecast.seconds, 's'],
    ['memory after the load', mebibytes(memoryAtRest.afterLoadBytes), 'MiB'],
    ['memory after a start on its data', mebibytes(memoryAtRest.afterWarmStartBytes), 'MiB'],
    ['samples sent and not found', verified.samplesSent - verified.samplesFound, 'samples'],
    [
      'heartbeats answered and not stored',
      Math.max(0, verified.heartbeatsAnswered - verified.heartbeatsStored),
      'heartbeats',
    ],
  ];
  const where = `${machine.cpus} x ${machine.cpuModel}, ${machine.platform}, Node ${machine.node}, load ${machine.loadAverage.toFixed(1)}`;
  return `${renderTable(['measured', 'value', 'unit'], rows)}\n\n${where}`;
}

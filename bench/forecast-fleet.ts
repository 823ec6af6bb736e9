import { availableParallelism } from 'node:os';
import type { ForecastRequest } from '../models/forecasters/forecaster.ts';
import { createModelPool } from '../models/pool.ts';
import { seededRandom } from '../models/statistics/seeded-random.ts';
import { formatNumber, renderTable } from '../tools/table.ts';
import { type BenchContext, defineBench } from './bench.ts';
import { describeMachine, type MachineFacts } from './measures/machine.ts';

interface FleetReport {
  machine: MachineFacts;
  series: number;
  points: number;
  threads: number;
  wallSeconds: number;
  cpuSeconds: number;
  cpuSecondsPerSeries: number;
  /** The largest that was seen of the process with its threads. */
  memoryBytes: number;
  /** The worst of the delays that a timer of the main thread saw meanwhile. */
  longestEventLoopDelaySeconds: number;
}

const hours = 4 * 168;
const horizon = 24;
const seriesPerTask = 50;
const levels = [0.025, 0.1, 0.5, 0.9, 0.975];

/** Four weeks of many hourly series, a day ahead, as the forecast job asks for them: in the pool of worker threads. */
export const forecastFleet = defineBench<FleetReport>({
  id: 'forecast-fleet',
  description: '5,000 hourly series of four weeks, 24 hours ahead with quantiles, in worker threads',
  async measure({ isQuick, log }) {
    const count = isQuick ? 100 : 5000;
    const threads = availableParallelism();
    const pool = createModelPool({ threads, maxMemoryMb: 1024, taskTimeoutSeconds: 600 });
    const requests = Array.from({ length: count }, (_, i) => requestOf(i));
    const watch = watchProcess(log);
    try {
      // The threads start and compile before the clock does.
      await pool.forecast({ forecaster: 'combined', requests: requests.slice(0, 2) });
      const [before, startedAt] = [process.cpuUsage(), performance.now()];
      const tasks = Array.from({ length: Math.ceil(count / seriesPerTask) }, async (_, t) => {
        const some = requests.slice(t * seriesPerTask, (t + 1) * seriesPerTask);
        const results = await pool.forecast({ forecaster: 'combined', requests: some });
        if (!results.every(({ ok }) => ok)) throw new Error('a series was not forecast');
      });
      await Promise.all(tasks);
      const { user, system } = process.cpuUsage(before);
      const cpuSeconds = (user + system) / 1e6;
      return {
        machine: describeMachine(),
        series: count,
        points: count * hours,
        threads,
        wallSeconds: (performance.now() - startedAt) / 1000,
        cpuSeconds,
        cpuSecondsPerSeries: cpuSeconds / count,
        ...watch.read(),
      };
    } finally {
      watch.stop();
      await pool.close();
    }
  },
  render: (report) =>
    renderTable(
      ['series', 'points', 'threads', 'wall s', 'CPU s', 'CPU ms a series', 'memory MiB', 'longest delay ms'],
      [
        [
          report.series,
          report.points,
          report.threads,
          Number(report.wallSeconds.toFixed(1)),
          Number(report.cpuSeconds.toFixed(1)),
          Number((1000 * report.cpuSecondsPerSeries).toFixed(1)),
          formatNumber(Math.round(report.memoryBytes / 2 ** 20)),
          Number((1000 * report.longestEventLoopDelaySeconds).toFixed(0)),
        ],
      ],
    ),
});

/** A day, a week, a trend, a level and noise, each of its own size, the same for the same number. */
function requestOf(number: number): ForecastRequest {
  const random = seededRandom(number + 1);
  const [level, daily, weekly, trend, noise, phase] = [random(), random(), random(), random(), random(), random()];
  const values = Float64Array.from({ length: hours }, (_, i) => {
    const day = Math.sin((2 * Math.PI * (i + 24 * phase)) / 24);
    const isWeekend = Math.floor(i / 24) % 7 > 4 ? 1 : 0;
    const shape = 1 + 0.5 * daily * day - 0.4 * weekly * isWeekend + (0.3 * trend * i) / hours;
    return 1000 * (level + 0.1) * shape * (1 + 0.2 * noise * (random() - 0.5));
  });
  return { history: { startMs: 0, stepMs: 3_600_000, values }, horizon, seasonLengths: [24, 168], levels };
}

function watchProcess(log: BenchContext['log']) {
  let memoryBytes = 0;
  let longestMs = 0;
  let last = performance.now();
  let lastLogged = last;
  const everyMs = 10;
  const timer = setInterval(() => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last - everyMs);
    last = now;
    memoryBytes = Math.max(memoryBytes, process.memoryUsage.rss());
    if (now - lastLogged > 5000) {
      lastLogged = now;
      log(`forecasting, ${formatNumber(Math.round(memoryBytes / 2 ** 20))} MiB`);
    }
  }, everyMs);
  return {
    read: () => ({ memoryBytes, longestEventLoopDelaySeconds: longestMs / 1000 }),
    stop: () => clearInterval(timer),
  };
}

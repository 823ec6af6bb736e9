import { join } from 'node:path';
import { createDetectJob } from '../analytics/detect.ts';
import { detector as detectorId } from '../analytics/detection-rows.ts';
import { loadMemories } from '../analytics/detector-memory.ts';
import type { Job } from '../analytics/job.ts';
import { defaultDetectorSettings, newState } from '../models/detectors/detector.ts';
import { encodeState } from '../models/detectors/flat-state.ts';
import { getDetector } from '../models/detectors/registry.ts';
import { createModelPool } from '../models/pool.ts';
import { median } from '../models/statistics/median.ts';
import { seededRandom } from '../models/statistics/seeded-random.ts';
import { migrateState } from '../store/migrate-state.ts';
import { migrateTelemetry } from '../store/migrate-telemetry.ts';
import { defaultTenant, ensureDefaultTenant, listTenants } from '../store/records/tenants.ts';
import { seriesId } from '../store/series-id.ts';
import { openStateStore, type StateStore } from '../store/state.ts';
import { type SampleRow, samplesTable, seriesTable } from '../store/tables.ts';
import { openTelemetryStore, type TelemetryStore } from '../store/telemetry.ts';
import { createLogger } from '../telemetry/log.ts';
import { renderTable } from '../tools/table.ts';
import { defineBench } from './bench.ts';
import { describeMachine, type MachineFacts } from './measures/machine.ts';
import { temporaryFolder } from './measures/temporary-folder.ts';

export interface DetectFleetReport {
  machine: MachineFacts;
  series: number;
  /** A run of the job over one more minute: read, score, write. Every fifteenth keeps the states as well. */
  tick: {
    medianSeconds: number;
    slowestSeconds: number;
    savingSeconds: number;
    cpuSeconds: number;
    scoreSeconds: number;
  };
  /** The first run after a restart: the states are loaded, and the minutes since they were kept are read again. */
  afterRestart: { loadStatesSeconds: number; runSeconds: number };
  /** The detector alone in one thread, by CPU time. */
  scoring: { points: number; pointsPerSecond: number };
  state: { bytes: number; storedBytes: number };
  /** The longest that the event loop stood still in a tick or in the run after a restart, by the clock and by the CPU time of its thread. */
  longestTurnMs: number;
  longestTurnCpuMs: number;
}

const settings = {
  full: { series: 10_000, warmUpMinutes: 60, ticks: 15, days: 7 },
  quick: { series: 50, warmUpMinutes: 15, ticks: 15, days: 2 },
};
const minuteMs = 60_000;
const dayMs = 86_400_000;
/** The day from which rows are dropped, so late that none is. */
const farDay = Date.UTC(2100, 0, 1) / dayMs;
/** A quarter of an hour, where states are kept. */
const begin = Date.UTC(2026, 0, 5, 10);

/** What one minute of detection costs for a fleet of ten thousand series, with everything in one process. */
export const detectFleet = defineBench<DetectFleetReport>({
  id: 'detect-fleet',
  description: 'one minute of detection for 10,000 series end to end, scoring alone, and states after a restart',
  async measure({ isQuick, log }) {
    const size = settings[isQuick ? 'quick' : 'full'];
    const fleet = await openFleet(size.series);
    try {
      log(`${size.series} series, ${size.warmUpMinutes} minutes of history`);
      await fleet.send(begin, begin + size.warmUpMinutes * minuteMs);
      const warm = begin + size.warmUpMinutes * minuteMs;
      const job = fleet.createJob();
      await runWindow(job, warm - 15 * minuteMs, warm);
      log(`${size.ticks} ticks`);
      const watch = watchTurns();
      const tick = await measureTicks(fleet, job, warm, size.ticks, watch);
      log('a restart');
      const afterRestart = await measureRestart(fleet, warm + size.ticks * minuteMs, watch);
      const turns = watch.stop();
      log('scoring alone');
      return {
        machine: describeMachine(),
        series: size.series,
        tick,
        ...turns,
        afterRestart,
        ...measureScoring(size.days),
      };
    } finally {
      await fleet.close();
    }
  },
  render: renderReport,
});

interface Fleet {
  telemetry: TelemetryStore;
  state: StateStore;
  createJob(): Job;
  /** One sample a minute of each series in `[from, to)`. */
  send(from: number, to: number): Promise<void>;
  /** The wall seconds that tasks of the workers took, since the last call. */
  takeScoreSeconds(): number;
  close(): Promise<void>;
}

async function openFleet(count: number): Promise<Fleet> {
  const telemetry = await openTelemetryStore({ url: `chdb:${join(temporaryFolder(), 'clickhouse')}` });
  await migrateTelemetry(telemetry, () => new Date(begin));
  const state = openStateStore({ url: 'sqlite::memory:', holder: 'bench', now: () => new Date(begin) });
  await migrateState(state);
  await ensureDefaultTenant(state, { rawDays: 90, rollupDays: 400 }, new Date(begin));
  const ids = Array.from({ length: count }, (_, i) => seriesId(defaultTenant, 'load_ratio', { agent: `agent-${i}` }));
  const rows = ids.map((series_id, i) => ({
    ...{ tenant: defaultTenant, metric: 'load_ratio', series_id, labels: { agent: `agent-${i}` } },
    ...{ aggregation: 'avg', unit: '' },
  }));
  await telemetry.insert(seriesTable, rows);
  const pool = createModelPool({ threads: 2, maxMemoryMb: 1024, taskTimeoutSeconds: 600 });
  let scoreSeconds = 0;
  const models: typeof pool = {
    ...pool,
    detect: async (...task) => {
      const started = performance.now();
      const results = await pool.detect(...task);
      scoreSeconds += (performance.now() - started) / 1000;
      return results;
    },
  };
  const random = seededRandom(1);
  return {
    telemetry,
    state,
    createJob: () => createDetectJob({ telemetry, state, models, excludeMetrics: [], ...defaultDetectorSettings }),
    async send(from, to) {
      for (let time = from; time < to; time += minuteMs) {
        const swing = 50 + 10 * Math.sin((2 * Math.PI * time) / dayMs);
        const samples = ids.map(
          (series_id): SampleRow => ({
            ...{ tenant: defaultTenant, series_id, time, value: swing + random(), aggregation: 'avg' },
            ...{ raw_until: farDay, rollup_until: farDay },
          }),
        );
        await telemetry.insert(samplesTable, samples);
      }
    },
    takeScoreSeconds() {
      const taken = scoreSeconds;
      scoreSeconds = 0;
      return taken;
    },
    async close() {
      await pool.close();
      await telemetry.close();
      await state.close();
    },
  };
}

function runWindow(job: Job, from: number, to: number): Promise<Record<string, number>> {
  const signal = new AbortController().signal;
  return job.run({
    from,
    to,
    retainFromDay: farDay - 400,
    signal,
    log: createLogger('silent'),
    progress: () => {},
    partFailed: () => {},
  });
}

async function measureTicks(
  fleet: Fleet,
  job: Job,
  start: number,
  ticks: number,
  watch: TurnWatch,
): Promise<DetectFleetReport['tick']> {
  const seconds: number[] = [];
  const scoring: number[] = [];
  const cpu: number[] = [];
  for (let tick = 0; tick < ticks; tick++) {
    const from = start + tick * minuteMs;
    await fleet.send(from, from + minuteMs);
    fleet.takeScoreSeconds();
    watch.reset();
    const cpuBefore = process.cpuUsage();
    const started = performance.now();
    await runWindow(job, from, from + minuteMs);
    seconds.push((performance.now() - started) / 1000);
    const { user, system } = process.cpuUsage(cpuBefore);
    cpu.push((user + system) / 1e6);
    scoring.push(fleet.takeScoreSeconds());
    watch.note();
  }
  const usual = seconds.slice(0, -1);
  return {
    medianSeconds: median(usual),
    slowestSeconds: Math.max(...usual),
    savingSeconds: seconds.at(-1)!,
    cpuSeconds: median(cpu.slice(0, -1)),
    scoreSeconds: median(scoring.slice(0, -1)),
  };
}

interface TurnWatch {
  reset(): void;
  note(): void;
  stop(): Pick<DetectFleetReport, 'longestTurnMs' | 'longestTurnCpuMs'>;
}

/** Notes the longest time between two looks at the clock, and the most CPU of this thread, while it is asked to. */
function watchTurns(): TurnWatch {
  const look = () => {
    const { user, system } = process.threadCpuUsage();
    return { longestTurnMs: performance.now(), longestTurnCpuMs: (user + system) / 1000 };
  };
  const longer = (a: ReturnType<typeof look>, b: ReturnType<typeof look>) => ({
    longestTurnMs: Math.max(a.longestTurnMs, b.longestTurnMs),
    longestTurnCpuMs: Math.max(a.longestTurnCpuMs, b.longestTurnCpuMs),
  });
  const none = { longestTurnMs: 0, longestTurnCpuMs: 0 };
  let [last, longest, noted] = [look(), none, none];
  const timer = setInterval(() => {
    const now = look();
    const { longestTurnMs, longestTurnCpuMs } = last;
    longest = longer(longest, {
      longestTurnMs: now.longestTurnMs - longestTurnMs,
      longestTurnCpuMs: now.longestTurnCpuMs - longestTurnCpuMs,
    });
    last = now;
  }, 1);
  return {
    reset() {
      longest = none;
      last = look();
    },
    note() {
      noted = longer(noted, longest);
    },
    stop() {
      clearInterval(timer);
      return noted;
    },
  };
}

async function measureRestart(
  fleet: Fleet,
  from: number,
  watch: TurnWatch,
): Promise<DetectFleetReport['afterRestart']> {
  const [tenant] = await listTenants(fleet.state);
  watch.reset();
  const beforeLoad = performance.now();
  await loadMemories(fleet.telemetry, tenant!, detectorId, from);
  const loadStatesSeconds = (performance.now() - beforeLoad) / 1000;
  watch.note();
  await fleet.send(from, from + minuteMs);
  watch.reset();
  const beforeRun = performance.now();
  await runWindow(fleet.createJob(), from, from + minuteMs);
  const runSeconds = (performance.now() - beforeRun) / 1000;
  watch.note();
  return { loadStatesSeconds, runSeconds };
}

/** Folds days of minutes through the detector: hours end, seasons are known, as in life. */
function measureScoring(days: number): Pick<DetectFleetReport, 'scoring' | 'state'> {
  const detector = getDetector(detectorId);
  const random = seededRandom(2);
  const values = Float64Array.from({ length: days * 1440 }, (_, i) => 50 + 10 * Math.sin(i / 229) + random());
  const series = 20;
  let state = newState(detector);
  const before = process.cpuUsage();
  for (let s = 0; s < series; s++) {
    state = newState(detector);
    for (let i = 0; i < values.length; i++) {
      detector.update(state, begin + i * minuteMs, values[i]!, defaultDetectorSettings);
    }
  }
  const { user, system } = process.cpuUsage(before);
  const points = series * values.length;
  return {
    scoring: { points, pointsPerSecond: Math.round((points * 1e6) / (user + system)) },
    state: { bytes: state.byteLength, storedBytes: encodeState(state).length },
  };
}

function renderReport({
  series,
  tick,
  afterRestart,
  scoring,
  state,
  longestTurnMs,
  longestTurnCpuMs,
  machine,
}: DetectFleetReport): string {
  const rows: [string, number, string][] = [
    [`one minute of ${series} series, median`, tick.medianSeconds, 's'],
    ['  the slowest', tick.slowestSeconds, 's'],
    ['  one that keeps the states', tick.savingSeconds, 's'],
    ['  CPU of the process', tick.cpuSeconds, 's'],
    ['  of it waiting for the workers', tick.scoreSeconds, 's'],
    ['  the longest turn of the event loop', longestTurnMs, 'ms'],
    ['  the longest by CPU time', longestTurnCpuMs, 'ms'],
    ['loading the states after a restart', afterRestart.loadStatesSeconds, 's'],
    ['the first run after a restart', afterRestart.runSeconds, 's'],
    ['scoring alone, one core', scoring.pointsPerSecond, 'points/s'],
    ['state of a series', state.bytes, 'bytes'],
    ['  as it is stored', state.storedBytes, 'bytes'],
  ];
  return `${renderTable(['measured', 'value', 'unit'], rows)}\n\n${machine.cpus} x ${machine.cpuModel}, load ${machine.loadAverage.toFixed(1)}`;
}

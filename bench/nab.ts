import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { detector as detectorId } from '../analytics/detection-rows.ts';
import { getDetector } from '../models/detectors/registry.ts';
import { type NabFile, type NabWindow, nabProfiles, probationRows, scoreNab } from '../models/evaluation/nab.ts';
import { formatNumber, renderTable } from '../tools/table.ts';
import { defineBench } from './bench.ts';
import { type LabelledSeries, parseTime, readLabelledSeries } from './measures/labelled-series.ts';
import { describeMachine, type MachineFacts } from './measures/machine.ts';
import { type ScoredSeries, scoreSeries } from './measures/scored-series.ts';

interface ProfileScores {
  standard: number;
  lowFp: number;
  lowFn: number;
}

interface FileSet {
  files: number;
  windows: number;
  /** By the benchmark's rule: the threshold that is best for these files, which the labels choose. */
  nab: ProfileScores & { thresholds: ProfileScores };
  /** At the product's own threshold, which no label chooses: score > 1. */
  fixed: ProfileScores & {
    windowsFound: number;
    /** Of the anomalies, the share that touches a window. */
    precision: number;
    /** Of the windows, the share with a score above 1. */
    recall: number;
    /** Anomalies that touch no window, by the weeks that lie outside of windows and probation. */
    falseAlarmsPerSeriesPerWeek: number;
  };
}

export interface NabReport {
  machine: MachineFacts;
  detector: string;
  all: FileSet;
  /** The files in two halves by a hash of their names, to see how much is a fit to one of them. */
  halves: [FileSet, FileSet];
  categories: Record<string, FileSet>;
  points: number;
  pointsPerSecond: number;
}

/** A score just above the product's threshold. */
const aboveOne = 1 + Number.EPSILON;
const weekMs = 7 * 86_400_000;

interface NabSeries extends LabelledSeries {
  windows: NabWindow[];
  scored: ScoredSeries;
}

/** The Numenta Anomaly Benchmark, through the product's own detector and threshold. */
export const nab = defineBench<NabReport>({
  id: 'nab',
  description: 'univariate detection on the Numenta Anomaly Benchmark, by its rules and at the fixed threshold',
  flags: [
    {
      flag: '--data <folder>',
      description: 'the benchmark: data/*/*.csv and labels/combined_windows.json',
      isRequired: true,
    },
    { flag: '--scores <folder>', description: 'where to write timestamp,value,anomaly_score of each series' },
  ],
  async measure({ options, isQuick, log }) {
    const folder = String(options.data);
    const labels = JSON.parse(readFileSync(join(folder, 'labels/combined_windows.json'), 'utf8')) as Record<
      string,
      [string, string][]
    >;
    const detector = getDetector(detectorId);
    const files = readLabelledSeries(join(folder, 'data'));
    log(`${files.length} series`);
    const series = (isQuick ? files.slice(0, 8) : files).map((file): NabSeries => {
      const windows = (labels[file.name] ?? []).map((window) => rowsOfWindow(file, window));
      return { ...file, windows, scored: scoreSeries(detector, file) };
    });
    if (typeof options.scores === 'string') for (const each of series) writeScores(options.scores, each);
    const points = series.reduce((sum, { times }) => sum + times.length, 0);
    const seconds = series.reduce((sum, { scored }) => sum + scored.seconds, 0);
    const half = (name: string) => createHash('sha256').update(name).digest()[0]! % 2;
    const categories = [...new Set(series.map(({ name }) => dirname(name)))];
    return {
      machine: describeMachine(),
      detector: detectorId,
      all: evaluate(series),
      halves: [
        evaluate(series.filter(({ name }) => half(name) === 0)),
        evaluate(series.filter(({ name }) => half(name) === 1)),
      ],
      categories: Object.fromEntries(
        categories.map((each) => [each, evaluate(series.filter(({ name }) => dirname(name) === each))]),
      ),
      points,
      pointsPerSecond: Math.round(points / seconds),
    };
  },
  render: renderNab,
});

function rowsOfWindow({ times }: LabelledSeries, [from, to]: [string, string]): NabWindow {
  const [fromMs, toMs] = [parseTime(from), parseTime(to)];
  return { first: times.findIndex((time) => time >= fromMs), last: times.findLastIndex((time) => time <= toMs) };
}

function evaluate(series: readonly NabSeries[]): FileSet {
  const files = series.map(({ scored, windows }): NabFile => ({ scores: scored.scores, windows }));
  const windows = files.reduce((sum, file) => sum + file.windows.length, 0);
  const profiles = (threshold?: number) => {
    const [standard, lowFp, lowFn] = (['standard', 'lowFp', 'lowFn'] as const).map((name) =>
      windows === 0 ? { normalised: Number.NaN, threshold: Number.NaN } : scoreNab(files, nabProfiles[name], threshold),
    );
    return {
      scores: { standard: standard!.normalised, lowFp: lowFp!.normalised, lowFn: lowFn!.normalised },
      thresholds: { standard: standard!.threshold, lowFp: lowFp!.threshold, lowFn: lowFn!.threshold },
    };
  };
  const best = profiles();
  const alarms = series.map(countAlarms);
  const sum = (key: keyof Alarms) => alarms.reduce((total, each) => total + each[key], 0);
  return {
    files: series.length,
    windows,
    nab: { ...best.scores, thresholds: best.thresholds },
    fixed: {
      ...profiles(aboveOne).scores,
      windowsFound: sum('windowsFound'),
      precision: sum('right') / (sum('right') + sum('wrong')),
      recall: sum('windowsFound') / windows,
      falseAlarmsPerSeriesPerWeek: sum('wrong') / sum('weeks'),
    },
  };
}

interface Alarms {
  right: number;
  wrong: number;
  windowsFound: number;
  /** The time of the rows that can give a false alarm. */
  weeks: number;
}

function countAlarms({ times, windows, scored: { scores, anomalies } }: NabSeries): Alarms {
  const first = probationRows(times.length);
  const isIn = (row: number, window: NabWindow) => window.first <= row && row <= window.last;
  const counted = anomalies.filter(({ endMs }) => endMs >= times[first]!);
  const right = counted.filter(({ startMs, endMs }) =>
    windows.some((window) => startMs <= times[window.last]! && endMs >= times[window.first]!),
  );
  const found = windows.filter((window) => scores.some((score, row) => score > 1 && row >= first && isIn(row, window)));
  let freeMs = 0;
  for (let row = first + 1; row < times.length; row++) {
    if (!windows.some((window) => isIn(row, window))) freeMs += Math.max(0, times[row]! - times[row - 1]!);
  }
  return {
    right: right.length,
    wrong: counted.length - right.length,
    windowsFound: found.length,
    weeks: freeMs / weekMs,
  };
}

/** As the benchmark's own files: the score between 0 and 1, 0.5 at the product's threshold. */
function writeScores(folder: string, { name, timestamps, values, scored }: NabSeries): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  const lines = timestamps.map((timestamp, row) => {
    const score = scored.scores[row]!;
    return `${timestamp},${values[row]},${score / (1 + score)}`;
  });
  writeFileSync(path, `timestamp,value,anomaly_score\n${lines.join('\n')}\n`);
}

function renderNab({ all, halves, categories, points, pointsPerSecond, machine }: NabReport): string {
  const header = [
    'files',
    'windows',
    'standard',
    'low FP',
    'low FN',
    'at 1',
    'found',
    'precision',
    'recall',
    'false/week',
  ];
  const row = (name: string, { files, windows, nab: best, fixed }: FileSet) => [
    `${name} (${files})`,
    windows,
    ...[best.standard, best.lowFp, best.lowFn, fixed.standard, fixed.windowsFound, fixed.precision, fixed.recall],
    fixed.falseAlarmsPerSeriesPerWeek,
  ];
  const rows = [
    row('all', all),
    row('one half', halves[0]),
    row('the other', halves[1]),
    ...Object.entries(categories).map(([name, set]) => row(name, set)),
  ];
  const speed = `${formatNumber(points)} points, ${formatNumber(pointsPerSecond)} a CPU second, ${machine.cpuModel}`;
  return `${renderTable(header, rows)}\n\n${speed}`;
}

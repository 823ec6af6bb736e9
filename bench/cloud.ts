import { dirname } from 'node:path';
import { detector as detectorId } from '../analytics/detection-rows.ts';
import { getDetector } from '../models/detectors/registry.ts';
import { precisionRecall } from '../models/evaluation/precision-recall.ts';
import { mean } from '../models/statistics/mean.ts';
import { formatNumber, renderTable } from '../tools/table.ts';
import { defineBench } from './bench.ts';
import { type LabelledSeries, readLabelledSeries } from './measures/labelled-series.ts';
import { describeMachine, type MachineFacts } from './measures/machine.ts';
import { type ScoredSeries, scoreSeries } from './measures/scored-series.ts';

interface Judged {
  series: number;
  /** Labelled rows that follow one another are one event. */
  events: number;
  /** Row by row, the mean over the series that have labels. What goes on is held back, which this counts as missed. */
  aucPr: number;
  /** At the product's threshold: of the events, the share with a score above 1. */
  recall: number;
  /** Of the anomalies, the share that touches an event. */
  precision: number;
  falseAlarmsPerSeriesPerWeek: number;
}

export interface CloudReport {
  machine: MachineFacts;
  detector: string;
  all: Judged;
  categories: Record<string, Judged>;
  points: number;
  pointsPerSecond: number;
}

interface CloudSeries extends LabelledSeries {
  scored: ScoredSeries;
}

const weekMs = 7 * 86_400_000;

/** Labelled series of a cloud's services (crashes, requests, latencies, ingress), through the product's detector. */
export const cloud = defineBench<CloudReport>({
  id: 'cloud',
  description: "univariate detection on labelled series of a cloud's services, by event at the fixed threshold",
  flags: [{ flag: '--data <folder>', description: 'CSV files of TimeStamp,Value,Label, in folders', isRequired: true }],
  async measure({ options, isQuick, log }) {
    const detector = getDetector(detectorId);
    const files = readLabelledSeries(String(options.data));
    log(`${files.length} series`);
    const series = (isQuick ? files.slice(0, 5) : files).map(
      (file): CloudSeries => ({ ...file, scored: scoreSeries(detector, file) }),
    );
    const folders = [...new Set(series.map(({ name }) => dirname(name)))];
    const points = series.reduce((sum, { times }) => sum + times.length, 0);
    const seconds = series.reduce((sum, { scored }) => sum + scored.seconds, 0);
    return {
      machine: describeMachine(),
      detector: detectorId,
      all: judge(series),
      categories: Object.fromEntries(
        folders.map((each) => [each, judge(series.filter(({ name }) => dirname(name) === each))]),
      ),
      points,
      pointsPerSecond: Math.round(points / seconds),
    };
  },
  render: renderCloud,
});

function judge(series: readonly CloudSeries[]): Judged {
  const counts = series.map(countEvents);
  const sum = (key: keyof (typeof counts)[number]) => counts.reduce((total, each) => total + each[key], 0);
  const labelled = series.filter(({ labels }) => labels.includes(true));
  return {
    series: series.length,
    events: sum('events'),
    aucPr: mean(labelled.map(({ labels, scored }) => precisionRecall(labels.map(Number), scored.scores).aucPr)),
    recall: sum('found') / sum('events'),
    precision: sum('right') / sum('alarms'),
    falseAlarmsPerSeriesPerWeek: (sum('alarms') - sum('right')) / sum('weeks'),
  };
}

function countEvents({ times, labels, scored: { scores, anomalies } }: CloudSeries) {
  const events = eventsOf(labels);
  const found = events.filter(([first, last]) => scores.subarray(first, last + 1).some((score) => score > 1));
  const right = anomalies.filter(({ startMs, endMs }) =>
    events.some(([first, last]) => startMs <= times[last]! && endMs >= times[first]!),
  );
  const weeks = (times.at(-1)! - times[0]!) / weekMs;
  return { events: events.length, found: found.length, alarms: anomalies.length, right: right.length, weeks };
}

/** The first and the last row of each run of labelled rows. */
function eventsOf(labels: readonly boolean[]): [number, number][] {
  const events: [number, number][] = [];
  for (const [row, isLabelled] of labels.entries()) {
    if (!isLabelled) continue;
    if (row > 0 && labels[row - 1]) events.at(-1)![1] = row;
    else events.push([row, row]);
  }
  return events;
}

function renderCloud({ all, categories, points, pointsPerSecond, machine }: CloudReport): string {
  const header = ['series', 'events', 'AUC-PR', 'recall', 'precision', 'false/week'];
  const row = (name: string, judged: Judged) => [
    `${name} (${judged.series})`,
    judged.events,
    judged.aucPr,
    judged.recall,
    judged.precision,
    judged.falseAlarmsPerSeriesPerWeek,
  ];
  const rows = [row('all', all), ...Object.entries(categories).map(([name, judged]) => row(name, judged))];
  const speed = `${formatNumber(points)} points, ${formatNumber(pointsPerSecond)} a CPU second, ${machine.cpuModel}`;
  return `${renderTable(header, rows)}\n\n${speed}`;
}

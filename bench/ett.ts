import { mase, seasonalNaiveError } from '../models/evaluation/mase.ts';
import { scaledQuantileLoss, weightedQuantileLoss } from '../models/evaluation/quantile-loss.ts';
import type { Forecaster } from '../models/forecasters/forecaster.ts';
import { createForecasters } from '../models/forecasters/registry.ts';
import { testedSteps } from '../models/forecasters/trials.ts';
import { meanOfAll } from '../models/statistics/mean-of-all.ts';
import { formatNumber, renderTable } from '../tools/table.ts';
import { type BenchContext, defineBench } from './bench.ts';
import { type EttSeries, readEtt, ett as rules } from './datasets/ett.ts';
import { describeMachine, type MachineFacts } from './measures/machine.ts';
import { describeTraining, type NetworkTraining, trainNetwork } from './measures/train-network.ts';

interface EttScores {
  forecaster: string;
  mase: number;
  /** Scaled and weighted quantile loss over the levels 0.1 to 0.9, and the weighted absolute error of the median. */
  sql: number;
  wql: number;
  wape: number;
  cpuSeconds: number;
  cpuSecondsPerForecast: number;
}

interface EttReport {
  machine: MachineFacts;
  series: number;
  windows: number;
  training: NetworkTraining | null;
  scores: EttScores[];
}

const levels = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const median = levels.indexOf(0.5);
const measured = ['combined', 'seasonal-naive', 'damped-trend', 'ar', 'lag-ridge', 'seasonal-mlp'];

/** Electricity transformer load and temperature, a week ahead by the hour, as fev-bench sets the task ETT_1H. */
export const ett = defineBench<EttReport>({
  id: 'ett',
  description: 'forecasts of electricity transformers a week ahead: MASE, SQL, WAPE, WQL, seconds',
  flags: [
    { flag: '--data <folder>', description: 'where ETTh1.csv and its likes are', isRequired: true },
    { flag: '--only <forecasters>', description: 'measure only these, separated by commas', default: measured.join() },
  ],
  async measure(context) {
    const { options, isQuick, log } = context;
    const all = readEtt(String(options.data));
    const series = isQuick ? all.slice(0, 1) : all;
    const windows = isQuick ? 2 : rules.windows;
    const only = String(options.only).split(',');
    const held = rules.windows * rules.horizon + testedSteps(rules.horizon);
    const histories = series.map(({ values }) => values.subarray(0, values.length - held));
    const { trained, training } = await trainNetwork(histories, rules, context);
    const forecasters = [...createForecasters(trained).values()].filter(({ id }) => only.includes(id));
    const scores = forecasters.map((forecaster) => measureOne(forecaster, series, windows, log));
    return { machine: describeMachine(), series: series.length, windows, training, scores };
  },
  render: ({ series, windows, scores, training }) =>
    `ETT by the hour, ${formatNumber(series)} series, ${formatNumber(windows)} windows${describeTraining(training)}\n${renderTable(
      ['forecaster', 'MASE', 'SQL', 'WAPE', 'WQL', 'CPU s', 'CPU ms a forecast'],
      scores.map((each) => [
        each.forecaster,
        ...[each.mase, each.sql, each.wape, each.wql].map((value) => value.toFixed(4)),
        each.cpuSeconds.toFixed(1),
        (1000 * each.cpuSecondsPerForecast).toFixed(1),
      ]),
    )}`,
});

function measureOne(
  forecaster: Forecaster,
  series: readonly EttSeries[],
  windows: number,
  log: BenchContext['log'],
): EttScores {
  const { horizon, seasonLength, seasonLengths, stepMs } = rules;
  log(`${forecaster.id}: ${series.length} series, ${windows} windows`);
  const before = process.cpuUsage();
  const forecasts = series.flatMap(({ id, values }) =>
    Array.from({ length: windows }, (_, w) => {
      const cut = values.length - (windows - w) * horizon;
      const past = values.subarray(0, cut);
      const history = { startMs: 0, stepMs, values: past };
      const [result] = forecaster.forecast([{ history, horizon, seasonLengths, levels }]);
      if (!result!.ok) throw new Error(`${forecaster.id} has no forecast of ${id}: ${result!.reason}`);
      return { past, actual: values.subarray(cut, cut + horizon), mean: result!.mean, quantiles: result!.quantiles };
    }),
  );
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  const scored = forecasts.filter(({ past }) => seasonalNaiveError(past, seasonLength) > 0);
  return {
    forecaster: forecaster.id,
    mase: meanOfAll(
      scored.map(({ past, actual, mean }) => mase({ actual, forecast: mean, history: past, seasonLength })),
    ),
    sql: meanOfAll(
      scored.map(({ past, actual, quantiles }) =>
        scaledQuantileLoss({ actual, quantiles, levels, history: past, seasonLength }),
      ),
    ),
    wql: weightedQuantileLoss(forecasts, levels),
    wape: weightedQuantileLoss(
      forecasts.map(({ actual, quantiles }) => ({ actual, quantiles: [quantiles[median]!] })),
      [0.5],
    ),
    cpuSeconds,
    cpuSecondsPerForecast: cpuSeconds / forecasts.length,
  };
}

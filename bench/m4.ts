import { writeFileSync } from 'node:fs';
import { coverage } from '../models/evaluation/coverage.ts';
import { mase } from '../models/evaluation/mase.ts';
import { msis } from '../models/evaluation/msis.ts';
import { naive2 } from '../models/evaluation/naive2.ts';
import { owa } from '../models/evaluation/owa.ts';
import { smape } from '../models/evaluation/smape.ts';
import type { Forecast, Forecaster, ForecastRequest } from '../models/forecasters/forecaster.ts';
import { createForecasters } from '../models/forecasters/registry.ts';
import { testedSteps } from '../models/forecasters/trials.ts';
import { meanOfAll } from '../models/statistics/mean-of-all.ts';
import { formatNumber, renderTable } from '../tools/table.ts';
import { type BenchContext, defineBench } from './bench.ts';
import { type M4Frequency, type M4Series, m4Frequencies, readM4 } from './datasets/m4.ts';
import { describeMachine, type MachineFacts } from './measures/machine.ts';
import { describeTraining, type NetworkTraining, trainNetwork } from './measures/train-network.ts';

interface M4Scores {
  forecaster: string;
  owa: number;
  smape: number;
  mase: number;
  /** Of the interval that should hold 95 %. */
  msis: number;
  coverage: number;
  cpuSecondsPerSeries: number;
}

interface M4Report {
  machine: MachineFacts;
  frequency: M4Frequency;
  series: number;
  naive2: { smape: number; mase: number };
  /** Of the global network; null where there is none, for the series are too short or have one season. */
  training: NetworkTraining | null;
  /** What users get first. */
  scores: M4Scores[];
}

const alpha = 0.05;
const levels = [alpha / 2, 0.5, 1 - alpha / 2];
const quickSeries = 3;

/** The M4 competition's series, through the product's own forecasters, as the competition scores them. */
export const m4 = defineBench<M4Report>({
  id: 'm4',
  description: 'forecasts and 95 % intervals on the series of the M4 competition: OWA, sMAPE, MASE, MSIS, coverage',
  flags: [
    { flag: '--data <folder>', description: 'where Hourly-train.csv and its likes are', isRequired: true },
    { flag: '--freq <frequency>', description: Object.keys(m4Frequencies).join(' or '), default: 'hourly' },
    { flag: '--only <forecasters>', description: 'measure only these, separated by commas' },
    { flag: '--forecasts <file>', description: 'write what users get as CSV: id, h, mean, lower, upper' },
  ],
  async measure(context) {
    const { options, isQuick, log } = context;
    const frequency = frequencyOf(String(options.freq));
    const all = readM4(String(options.data), frequency);
    const series = isQuick ? all.slice(0, quickSeries) : all;
    const reference = naive2Errors(series, frequency);
    const only = options.only === undefined ? undefined : String(options.only).split(',');
    const { trained, training } = await train(series, frequency, context);
    const forecasters = [...createForecasters(trained).values()].filter(({ id }) => only?.includes(id) ?? true);
    const scores: M4Scores[] = [];
    for (const forecaster of forecasters) {
      const { forecasts, cpuSeconds } = forecastAll(forecaster, series, frequency, log);
      scores.push({
        ...score(forecaster.id, series, forecasts, frequency, reference),
        cpuSecondsPerSeries: cpuSeconds,
      });
      if (forecaster.id === 'combined' && options.forecasts !== undefined)
        writeFileSync(String(options.forecasts), toCsv(series, forecasts));
    }
    return { machine: describeMachine(), frequency, series: series.length, naive2: reference, training, scores };
  },
  render: ({ frequency, series, scores, training }) =>
    `M4 ${frequency}, ${formatNumber(series)} series${describeTraining(training)}\n${renderTable(
      ['forecaster', 'OWA', 'sMAPE', 'MASE', 'MSIS', 'coverage of 95 %', 'CPU ms a series'],
      scores.map((each) => [
        each.forecaster,
        each.owa.toFixed(4),
        each.smape.toFixed(2),
        each.mase.toFixed(4),
        each.msis.toFixed(2),
        `${(100 * each.coverage).toFixed(1)} %`,
        (1000 * each.cpuSecondsPerSeries).toFixed(1),
      ]),
    )}`,
});

function frequencyOf(name: string): M4Frequency {
  if (Object.hasOwn(m4Frequencies, name)) return name as M4Frequency;
  throw new Error(`--freq: expected ${Object.keys(m4Frequencies).join(' or ')}, not ${name}`);
}

function naive2Errors(series: readonly M4Series[], frequency: M4Frequency): { smape: number; mase: number } {
  const { horizon, seasonLength } = m4Frequencies[frequency];
  return meanErrors(
    series,
    series.map(({ train }) => naive2(train, seasonLength, horizon)),
    seasonLength,
  );
}

function meanErrors(series: readonly M4Series[], forecasts: readonly Float64Array[], seasonLength: number) {
  return {
    smape: meanOfAll(series.map(({ test }, i) => smape(test, forecasts[i]!))),
    mase: meanOfAll(
      series.map(({ train, test }, i) => mase({ actual: test, forecast: forecasts[i]!, history: train, seasonLength })),
    ),
  };
}

/** The network sees nothing of the time from which the forecasters are weighed. */
function train(series: readonly M4Series[], frequency: M4Frequency, context: BenchContext) {
  const rules = m4Frequencies[frequency];
  if (rules.seasonLengths.length < 2) return { trained: {}, training: null };
  return trainNetwork(
    series.map(({ train: values }) => values.subarray(0, Math.max(0, values.length - testedSteps(rules.horizon)))),
    rules,
    context,
  );
}

/** One series a request, as the service would ask, so that the time of each is its own. */
function forecastAll(
  forecaster: Forecaster,
  series: readonly M4Series[],
  frequency: M4Frequency,
  log: BenchContext['log'],
): { forecasts: Forecast[]; cpuSeconds: number } {
  const { horizon, seasonLengths, stepMs } = m4Frequencies[frequency];
  log(`${forecaster.id}: ${series.length} series`);
  const before = process.cpuUsage();
  const forecasts = series.map(({ id, train }): Forecast => {
    const history = { startMs: 0, stepMs, values: train };
    const request: ForecastRequest = { history, horizon, seasonLengths, levels };
    const [result] = forecaster.forecast([request]);
    if (!result!.ok) throw new Error(`${forecaster.id} has no forecast of ${id}: ${result!.reason}`);
    return result!;
  });
  const { user, system } = process.cpuUsage(before);
  return { forecasts, cpuSeconds: (user + system) / 1e6 / series.length };
}

function score(
  forecaster: string,
  series: readonly M4Series[],
  forecasts: readonly Forecast[],
  frequency: M4Frequency,
  reference: { smape: number; mase: number },
): Omit<M4Scores, 'cpuSecondsPerSeries'> {
  const { seasonLength } = m4Frequencies[frequency];
  const errors = meanErrors(
    series,
    forecasts.map(({ mean }) => mean),
    seasonLength,
  );
  const bounds = forecasts.map(({ quantiles }) => ({ lower: quantiles[0]!, upper: quantiles.at(-1)! }));
  return {
    forecaster,
    owa: owa(errors, reference),
    ...errors,
    msis: meanOfAll(
      series.map(({ train, test }, i) => msis({ actual: test, ...bounds[i]!, history: train, seasonLength, alpha })),
    ),
    coverage: meanOfAll(series.map(({ test }, i) => coverage(test, bounds[i]!.lower, bounds[i]!.upper))),
  };
}

function toCsv(series: readonly M4Series[], forecasts: readonly Forecast[]): string {
  const lines = series.flatMap(({ id }, i) => {
    const { mean, quantiles } = forecasts[i]!;
    return [...mean].map((value, h) => `${id},${h + 1},${value},${quantiles[0]![h]!},${quantiles.at(-1)![h]!}`);
  });
  return `id,h,mean,lower,upper\n${lines.join('\n')}\n`;
}

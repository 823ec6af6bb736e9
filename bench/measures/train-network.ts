import type { TrainedWeights } from '../../models/forecasters/registry.ts';
import type { BackendName } from '../../models/networks/backend.ts';
import { trainSeasonalMlp } from '../../models/networks/seasonal-mlp.ts';
import { formatNumber } from '../../tools/table.ts';
import type { BenchContext } from '../bench.ts';

export interface NetworkTraining {
  backend: BackendName;
  steps: number;
  wallSeconds: number;
  cpuSeconds: number;
}

/**
 * Trains the global network as the train job does, on histories whose ends it must not see: on these the forecasters
 * are weighed.
 *
 * @returns no weights where no history is long enough.
 */
export async function trainNetwork(
  histories: readonly Float64Array[],
  { stepMs, horizon, seasonLengths }: { stepMs: number; horizon: number; seasonLengths: readonly number[] },
  { isQuick, log }: BenchContext,
): Promise<{ trained: TrainedWeights; training: NetworkTraining | null }> {
  const [startedAt, before] = [performance.now(), process.cpuUsage()];
  const options = {
    horizon: Math.min(horizon, 48),
    seasonLength: seasonLengths[0]!,
    contextLength: seasonLengths.at(-1)!,
    ...(isQuick && { steps: 50 }),
  };
  const series = histories.map((values) => ({ startMs: 0, stepMs, values }));
  const result = await trainSeasonalMlp(series, options, {
    onProgress: ({ step, steps, loss }) => {
      if (step % 500 === 0)
        log(`training: step ${formatNumber(step)} of ${formatNumber(steps)}, loss ${loss.toFixed(4)}`);
    },
  });
  if (!result.ok) return { trained: {}, training: null };
  const { user, system } = process.cpuUsage(before);
  const { weights, backend } = result;
  const training = {
    backend,
    steps: weights.trainedOn.steps,
    wallSeconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
  };
  return { trained: { seasonalMlp: weights }, training };
}

/** @example describeTraining(training) // '; network trained in 61.2 s of CPU (wasm)' */
export function describeTraining(training: NetworkTraining | null): string {
  return training === null
    ? ''
    : `; network trained in ${training.cpuSeconds.toFixed(1)} s of CPU (${training.backend}, ${formatNumber(training.steps)} steps)`;
}

import type { BackendName } from '../models/networks/backend.ts';
import type { ModelPool } from '../models/pool.ts';
import { promoteNewModel } from '../store/records/models.ts';
import { listTenants } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Health } from '../telemetry/health.ts';
import { horizonSteps, readHourlyHistories } from './forecast.ts';
import type { Job } from './job.ts';

/** Trains one network across all series of a tenant, and takes it into use for the next forecasts. */
export function createTrainJob({
  telemetry,
  state,
  models,
  excludeMetrics,
  backend: only,
  health,
  now,
}: {
  telemetry: TelemetryStore;
  state: StateStore;
  models: ModelPool;
  excludeMetrics: readonly string[];
  /** The one backend to train with; undefined takes the fastest there is. */
  backend: BackendName | undefined;
  health: Health;
  now: () => Date;
}): Job {
  return {
    id: 'train',
    description: 'Trains the global network on the last four weeks of all series',
    schedule: '0 30 2 * * *',
    intervalSeconds: 86_400,
    stepSeconds: 3600,
    maxWindowSeconds: 400 * 86_400,
    initialLookbackSeconds: 3600,
    async run({ to, signal, log, progress }) {
      const counts = { series: 0, trained: 0 };
      for (const tenant of await listTenants(state)) {
        const histories = await readHourlyHistories(telemetry, tenant, to, excludeMetrics);
        counts.series += histories.length;
        const result = await models.trainNlinear(
          {
            series: histories.map(({ series }) => series),
            options: { contextLength: 168, horizon: horizonSteps, ...(only !== undefined && { backend: only }) },
          },
          { signal, onProgress: ({ epoch, epochs }) => progress(epoch / epochs) },
        );
        if (!result.ok) {
          log.info(
            { tenant: tenant.id, needed: result.needed, available: result.available },
            'too little history to train',
          );
          continue;
        }
        const { weights, backend } = result;
        if (backend === 'cpu' && only === undefined)
          health.degrade(
            'training',
            'neither the native nor the wasm backend could be loaded; training on cpu is slow',
          );
        else health.recover('training');
        const metadata = { trainedTo: to, backend, ...weights.trainedOn };
        const version = await promoteNewModel(
          state,
          { tenant: tenant.id, kind: 'nlinear', weights: Buffer.from(JSON.stringify(weights)), metadata },
          now(),
        );
        log.info({ tenant: tenant.id, version, loss: weights.trainedOn.loss }, 'network trained');
        counts.trained++;
      }
      return counts;
    },
  };
}

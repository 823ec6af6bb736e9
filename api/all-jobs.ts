import type { AgentReferences } from '../analytics/agent-reference.ts';
import { vectorScoreMetric } from '../analytics/agent-series.ts';
import { createDeriveJob } from '../analytics/derive.ts';
import { createDetectJob } from '../analytics/detect.ts';
import { createDetectAgentsJob } from '../analytics/detect-agents.ts';
import { createDetectByFeedbackJob } from '../analytics/detect-by-feedback.ts';
import { createForecastJob } from '../analytics/forecast.ts';
import type { ForecastNetwork } from '../analytics/forecast-network.ts';
import { createIncidentsJob } from '../analytics/incidents.ts';
import type { Job } from '../analytics/job.ts';
import { createLedgerJob } from '../analytics/ledger.ts';
import { createLivenessJob } from '../analytics/liveness.ts';
import { createPruneJob } from '../analytics/prune.ts';
import { createSloJob } from '../analytics/slo.ts';
import { createStuckTasksJob } from '../analytics/stuck-tasks.ts';
import { createTrainJob } from '../analytics/train.ts';
import { createTrainAgentsJob } from '../analytics/train-agents.ts';
import type { ModelPool } from '../models/pool.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import type { Health } from '../telemetry/health.ts';
import type { Config } from './config.ts';

export interface AllJobsDeps {
  telemetry: TelemetryStore;
  state: StateStore;
  models: ModelPool;
  network: ForecastNetwork;
  references: AgentReferences;
  health: Health;
  now: () => Date;
}

/** Every job of the service, by its settings. */
export function createAllJobs(
  config: Config,
  { telemetry, state, models, network, references, health, now }: AllJobsDeps,
): Job[] {
  const { excludeFromForecast } = config.jobs;
  // It is a score itself.
  const excludeMetrics = [...config.jobs.excludeMetrics, vectorScoreMetric];
  const notForecast = [...excludeMetrics, ...excludeFromForecast];
  const backend = config.models.backend === 'auto' ? undefined : config.models.backend;
  const detector = config.models.agentDetector;
  const { lateFactor, downFactor, forgetAfterDays } = config.liveness;
  return [
    createDeriveJob({ telemetry }),
    createLivenessJob({ telemetry, lateFactor, downFactor }),
    createDetectJob({ telemetry, state, models, excludeMetrics, ...config.detection }),
    createDetectByFeedbackJob({ telemetry, state, models, ...config.detection }),
    createDetectAgentsJob({ telemetry, state, models, references, excludeMetrics }),
    createStuckTasksJob({ telemetry }),
    createIncidentsJob({ telemetry, state }),
    createForecastJob({ telemetry, state, models, network, excludeMetrics: notForecast }),
    createLedgerJob({ telemetry, state }),
    createTrainJob({ telemetry, state, models, network, excludeMetrics: notForecast, backend, health, now }),
    createTrainAgentsJob({ telemetry, state, models, references, excludeMetrics, detector, backend, now }),
    createSloJob({ telemetry, state, lateFactor, forgetAfterDays }),
    createPruneJob({ state, auditDays: config.audit.keepDays }),
  ];
}

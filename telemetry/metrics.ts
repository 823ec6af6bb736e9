import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { labelNames as label, metricNames as metric } from './names.ts';

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export type Metrics = ReturnType<typeof createMetrics>;

/** The metrics of this process, in a registry of their own. What they are called stands in `names.ts`. */
export function createMetrics(version: string) {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const metrics = {
    registry,
    httpRequestDuration: new Histogram({
      name: metric.httpRequestDuration,
      help: 'Time to answer a request, by route.',
      labelNames: [label.route, label.method, label.status],
      buckets: secondsBuckets,
      registers,
    }),
    ingestRecords: new Counter({
      name: metric.ingestRecords,
      help: 'Records received, by kind and by outcome: stored, refused (bad) or failed (not stored, may be sent again).',
      labelNames: [label.kind, label.outcome],
      registers,
    }),
    ingestSkipped: new Counter({
      name: metric.ingestSkipped,
      help: 'Values that say nothing and are not stored, by reason: stale (a series ended), not_finite, first_total (a counter is seen for the first time), out_of_order (a total that is not newer than the last), exemplar (kept by nobody here).',
      labelNames: [label.kind, label.reason],
      registers,
    }),
    rateLimited: new Counter({
      name: metric.rateLimited,
      help: 'Requests that were refused because their key had sent more than it may, by the limit: requests or records.',
      labelNames: [label.limit],
      registers,
    }),
    overflowSamples: new Counter({
      name: metric.overflowSamples,
      help: 'Samples that went to overflow series, by the limit that was exceeded.',
      labelNames: [label.limit],
      registers,
    }),
    ingestBatchRows: new Histogram({
      name: metric.ingestBatchRows,
      help: 'Rows of one insert.',
      labelNames: [label.table],
      buckets: [1, 10, 100, 1000, 10_000, 100_000, 1_000_000],
      registers,
    }),
    ingestFlushDuration: new Histogram({
      name: metric.ingestFlushDuration,
      help: 'Time of one insert.',
      labelNames: [label.table, label.outcome],
      buckets: secondsBuckets,
      registers,
    }),
    storeQueryDuration: new Histogram({
      name: metric.storeQueryDuration,
      help: 'Time of a statement on ClickHouse, by name.',
      labelNames: [label.query],
      buckets: secondsBuckets,
      registers,
    }),
    storeQueryFailures: new Counter({
      name: metric.storeQueryFailures,
      help: 'Statements on ClickHouse that failed, by name.',
      labelNames: [label.query],
      registers,
    }),
    jobDuration: new Histogram({
      name: metric.jobDuration,
      help: 'Time of one run of a job.',
      labelNames: [label.job],
      buckets: secondsBuckets,
      registers,
    }),
    jobRuns: new Counter({
      name: metric.jobRuns,
      help: 'Runs of a job, ended well or not.',
      labelNames: [label.job],
      registers,
    }),
    jobFailures: new Counter({
      name: metric.jobFailures,
      help: 'Runs of a job that failed.',
      labelNames: [label.job],
      registers,
    }),
    workerTaskDuration: new Histogram({
      name: metric.workerTaskDuration,
      help: 'Time of one task in a model worker.',
      labelNames: [label.task, label.outcome],
      buckets: secondsBuckets,
      registers,
    }),
    detectFailures: new Counter({
      name: metric.detectFailures,
      help: 'Series that could not be scored in a run; the log of the job names each with its reason.',
      registers,
    }),
    modelLoadFailures: new Counter({
      name: metric.modelLoadFailures,
      help: 'Times that the weights in use of a trained model were found damaged, by kind and version.',
      labelNames: [label.kind, label.version],
      registers,
    }),
    ingestQueuedRows: new Gauge({
      name: metric.ingestQueuedRows,
      help: 'Rows in the spool that are not in ClickHouse yet.',
      registers,
    }),
    ingestDuplicates: new Counter({
      name: metric.ingestDuplicates,
      help: 'Records that were sent again and are stored already, by table.',
      labelNames: [label.table],
      registers,
    }),
    quarantined: new Counter({
      name: metric.ingestQuarantined,
      help: 'Records that were not taken as they came, by source and reason: kept in quarantine, or only counted.',
      labelNames: [label.source, label.reason, label.outcome],
      registers,
    }),
    ingestBodyBytes: new Gauge({
      name: metric.ingestBodyBytes,
      help: 'Size of the bodies of requests that are being worked on, as far as it is known.',
      registers,
    }),
    pressureRefusals: new Counter({
      name: metric.pressureRefusals,
      help: 'Requests that were refused because the service could not take them, by the bound: spool, tenant-spool, pending, bodies, tenant-bodies, memory, computations, stream, telemetry-store or state-store (away), or service for all else.',
      labelNames: [label.limit],
      registers,
    }),
    storeMerges: new Gauge({
      name: metric.storeMerges,
      help: 'Merges that ClickHouse is at; 0 until it was looked at.',
      registers,
    }),
    storeParts: new Gauge({
      name: metric.storeParts,
      help: 'Parts of the partition of ClickHouse that has the most; 0 until it was looked at.',
      registers,
    }),
    storeFreeBytes: new Gauge({
      name: metric.storeFreeBytes,
      help: 'Free space of the disk of ClickHouse that has the least; 0 until it was looked at.',
      registers,
    }),
    spoolBytes: new Gauge({
      name: metric.spoolBytes,
      help: 'Size of the spool: what is acknowledged and not in ClickHouse yet.',
      registers,
    }),
    spoolAge: new Gauge({
      name: metric.spoolAge,
      help: 'For how long the oldest row of the spool has waited.',
      registers,
    }),
    spoolWriteDuration: new Histogram({
      name: metric.spoolWriteDuration,
      help: 'Time of one write to the spool, until it is on the disk.',
      labelNames: [label.outcome],
      buckets: secondsBuckets,
      registers,
    }),
    streamClients: new Gauge({
      name: metric.streamClients,
      help: 'Clients that follow /v1/stream.',
      registers,
    }),
    streamStalls: new Counter({
      name: metric.streamStalls,
      help: 'Streams of events that were ended because their client did not read.',
      registers,
    }),
    degraded: new Gauge({
      name: metric.degraded,
      help: '1 while a component does less than it should; /status says why.',
      labelNames: [label.component],
      registers,
    }),
  };
  new Gauge({
    name: metric.buildInfo,
    help: 'Always 1; the version is a label.',
    labelNames: [label.version],
    registers,
  }).set({ version }, 1);
  return metrics;
}

import { Gauge, Registry } from 'prom-client';
import { reportSlos } from '../alerts/slo-report.ts';
import { centralCoverage } from '../analytics/central-coverage.ts';
import type { Job } from '../analytics/job.ts';
import { severities } from '../models/incidents/describe-incident.ts';
import { listAgents } from '../store/queries/agents.ts';
import { countActiveSeries } from '../store/queries/cardinality.ts';
import { countOpenAnomalies } from '../store/queries/detection.ts';
import { ledgerOfFleet, replacedSeries } from '../store/queries/forecast-ledger.ts';
import { countOpenIncidents } from '../store/queries/incidents.ts';
import { resolutions } from '../store/records/incident-actions.ts';
import { readWatermark } from '../store/records/job-runs.ts';
import { listSlos } from '../store/records/slo-definitions.ts';
import { listBudgets } from '../store/records/tenant-budgets.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { agentStates, labelNames as label, metricNames as metric } from '../telemetry/names.ts';
import { finiteOrNull } from './values.ts';

export interface FleetMetricsDeps {
  telemetry: TelemetryStore;
  state: StateStore;
  jobs: readonly Job[];
  liveness: { lateFactor: number; downFactor: number; settleSeconds: number; forgetAfterDays: number };
  cardinality: { maxSeries: number; activeHours: number };
  /** Windows of jobs end so long before now; a job that has reached that has no lag. */
  latenessSeconds: number;
  now: () => Date;
}

/** More agents than this are not exported one by one; the counts by state still hold for those that are. */
const maxAgents = 50_000;

/**
 * The state of one tenant's fleet in Prometheus' text format, read from the stores at each scrape: every replica
 * answers the same, and no tenant sees another's agents.
 */
export async function renderFleetMetrics(deps: FleetMetricsDeps, tenant: string): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  await Promise.all([
    addAgents(deps, tenant, gauge),
    addAnomalies(deps, tenant, gauge),
    addIncidents(deps, tenant, gauge),
    addForecasts(deps, tenant, gauge),
    addSlos(deps, tenant, gauge),
    addJobs(deps, gauge),
    addSeries(deps, tenant, gauge),
  ]);
  return registry.metrics();
}

type CreateGauge = (name: string, help: string, labelNames: string[]) => Gauge;

async function addAgents(
  { telemetry, liveness, now }: FleetMetricsDeps,
  tenant: string,
  gauge: CreateGauge,
): Promise<void> {
  const agents = await telemetry.query(listAgents, {
    tenant,
    now: now().getTime(),
    lateFactor: liveness.lateFactor,
    downFactor: liveness.downFactor,
    settleSeconds: liveness.settleSeconds,
    forgetAfterSeconds: liveness.forgetAfterDays * 86_400,
    type: '',
    state: '',
    after: '',
    limit: maxAgents,
  });
  const counts = gauge(metric.agents, 'Agents, by type and state.', [label.tenant, label.type, label.state]);
  const up = gauge(metric.agentUp, '0 while an agent is down.', [label.tenant, label.type, label.agent]);
  const age = gauge(metric.agentHeartbeatAge, 'Time since the last heartbeat of an agent.', [
    label.tenant,
    label.type,
    label.agent,
  ]);
  const skew = gauge(metric.agentClockSkew, 'How far the clock of an agent is ahead of ours, where that is known.', [
    label.tenant,
    label.type,
    label.agent,
  ]);
  for (const type of new Set(agents.map((agent) => agent.type))) {
    for (const state of agentStates) counts.set({ tenant, type, state }, 0);
  }
  for (const { agent, type, state, age_seconds, clock_skew_seconds } of agents) {
    counts.inc({ tenant, type, state });
    up.set({ tenant, type, agent }, state === 'down' ? 0 : 1);
    age.set({ tenant, type, agent }, age_seconds);
    setKnown(skew, { tenant, type, agent }, clock_skew_seconds);
  }
}

async function addSeries(
  { telemetry, state, cardinality, now }: FleetMetricsDeps,
  tenant: string,
  gauge: CreateGauge,
): Promise<void> {
  const since = now().getTime() - cardinality.activeHours * 3_600_000;
  const [active] = await telemetry.query(countActiveSeries, { tenant, since });
  const { maxSeries = cardinality.maxSeries } = (await listBudgets(state)).get(tenant) ?? {};
  gauge(metric.seriesActive, 'Series of which anything was heard lately.', [label.tenant]).set(
    { tenant },
    active?.series ?? 0,
  );
  gauge(metric.seriesBudget, 'So many series the tenant may have; what is beyond goes to overflow series.', [
    label.tenant,
  ]).set({ tenant }, maxSeries);
}

async function addAnomalies({ telemetry }: FleetMetricsDeps, tenant: string, gauge: CreateGauge): Promise<void> {
  const [count] = await telemetry.query(countOpenAnomalies, { tenant });
  gauge(metric.anomaliesOpen, 'Anomalies that have not ended.', [label.tenant]).set({ tenant }, count?.open ?? 0);
}

const judgedMs = 7 * 86_400_000;

/** How forecasts did that fell due in the last week. */
async function addForecasts({ telemetry, now }: FleetMetricsDeps, tenant: string, gauge: CreateGauge): Promise<void> {
  const to = now().getTime();
  const [rows, [replaced]] = await Promise.all([
    telemetry.query(ledgerOfFleet, { tenant, from: to - judgedMs, to }),
    telemetry.query(replacedSeries, { tenant, before: to }),
  ]);
  const labels = [label.tenant, label.forecaster, label.horizon];
  const skill = gauge(
    metric.forecastSkill,
    'How much less forecasts erred than seasonal naive, within a week.',
    labels,
  );
  const bias = gauge(metric.forecastBias, 'Mean of forecast minus value, over the mean change of a day.', labels);
  const scores = gauge(metric.forecastScores, 'Forecasts that fell due within a week.', labels);
  const coverage = gauge(
    metric.forecastCoverage,
    'The share of values that intervals held, by what they should hold.',
    [...labels, label.interval],
  );
  for (const row of rows) {
    const key = { tenant, forecaster: row.forecaster, horizon: `${row.horizon_hours}h` };
    scores.set(key, row.scored);
    setKnown(skill, key, finiteOrNull(row.skill));
    setKnown(bias, key, finiteOrNull(row.scaled_bias));
    for (const { nominal, actual } of centralCoverage(row.levels, row.below))
      setKnown(coverage, { ...key, interval: String(nominal) }, finiteOrNull(actual));
  }
  gauge(metric.forecastReplaced, 'Series on which seasonal naive stands in for a forecaster that did worse.', [
    label.tenant,
  ]).set({ tenant }, replaced?.ids.length ?? 0);
}

async function addIncidents(
  { telemetry, state, now }: FleetMetricsDeps,
  tenant: string,
  gauge: CreateGauge,
): Promise<void> {
  const resolved = [...(await resolutions(state, tenant, now().getTime())).keys()];
  const counts = await telemetry.query(countOpenIncidents, { tenant, resolved });
  const open = gauge(metric.incidentsOpen, 'Incidents that go on and that nobody has resolved, by severity.', [
    label.tenant,
    label.severity,
  ]);
  for (const severity of severities) {
    open.set({ tenant, severity }, counts.find((count) => count.severity === severity)?.open ?? 0);
  }
}

async function addSlos({ telemetry, state }: FleetMetricsDeps, tenant: string, gauge: CreateGauge): Promise<void> {
  const definitions = await listSlos(state, tenant);
  const reports = await reportSlos(telemetry, tenant, definitions);
  const labels = [label.tenant, label.slo];
  const burn = gauge(metric.sloBurnRate, 'How many times faster than evenly the error budget is spent.', [
    ...labels,
    label.window,
  ]);
  const budget = gauge(
    metric.sloBudgetRemaining,
    'The part of the error budget that is left; below 0 when overspent.',
    labels,
  );
  const indicator = gauge(metric.sloIndicator, 'Good units over owed units, over the window of the SLO.', labels);
  const measured = gauge(metric.sloMeasured, 'Of the owed units, the part of which anything is known.', labels);
  const objective = gauge(metric.sloObjective, 'What is promised.', labels);
  definitions.forEach(({ id: slo, objective: promised }, i) => {
    const report = reports[i]!;
    objective.set({ tenant, slo }, promised);
    setKnown(budget, { tenant, slo }, report.errorBudgetRemainingRatio);
    setKnown(indicator, { tenant, slo }, report.indicatorRatio);
    setKnown(measured, { tenant, slo }, report.measuredRatio);
    for (const [window, rate] of Object.entries(report.burnRates)) setKnown(burn, { tenant, slo, window }, rate);
  });
}

/** What is not known is absent: neither 0 nor the last value. */
function setKnown(gauge: Gauge, labels: Record<string, string>, value: number | null): void {
  if (value !== null) gauge.set(labels, value);
}

async function addJobs({ state, jobs, latenessSeconds, now }: FleetMetricsDeps, gauge: CreateGauge): Promise<void> {
  const lag = gauge(metric.jobLag, 'How far the watermark of a job is behind what is due.', [label.job]);
  const interval = gauge(metric.jobInterval, 'How often a job runs.', [label.job]);
  for (const { id, intervalSeconds } of jobs) {
    interval.set({ job: id }, intervalSeconds);
    const watermark = await readWatermark(state, id);
    if (watermark !== undefined)
      lag.set({ job: id }, Math.max(0, (now().getTime() - watermark) / 1000 - latenessSeconds));
  }
}

import { type Severity, severities } from '../models/incidents/describe-incident.ts';
import {
  type AgentState,
  agentStates,
  type BurnWindow,
  heardStates,
  type IngestOutcome,
  labelNames,
  metricNames,
} from '../telemetry/names.ts';
import type { Band, Dashboard, Panel, Row, Status } from './dashboard.ts';

const { tenant, type, agent, state, severity, slo, window, kind, outcome, job, route, component } = labelNames;

const ofTenant = `${tenant}=~"$tenant"`;
const ofFleet = `${ofTenant},${type}=~"$type"`;

const severityStatus: Record<Severity, Status> = { info: 'good', warning: 'warning', critical: 'bad' };
const stateStatus: Record<AgentState, Status> = {
  new: 'good',
  up: 'good',
  late: 'warning',
  down: 'bad',
  recovered: 'good',
};
const burnWindows: readonly BurnWindow[] = ['1h', '6h'];
const stored: IngestOutcome = 'stored';
const bad: Band = { from: 0, status: 'bad' };

/** Replicas of Fleetcast export the same gauges: one value for each of `by` is left. */
const once = (by: readonly string[], selector: string) => `max by (${by.join(', ')}) (${selector})`;
const agents = (matchers: string) => once([tenant, type, state], `${metricNames.agents}{${matchers}}`);
const agentsIn = (...names: AgentState[]) => agents(`${ofFleet},${state}=~"${names.join('|')}"`);

const agentsByState: Panel = {
  title: 'Agents by state',
  description:
    'New, up, recovered: heartbeats come in time. Late: one is overdue. Down: several are. A rising red area is an outage.',
  kind: 'timeseries',
  unit: 'count',
  width: 12,
  stacked: true,
  queries: agentStates.map((name) => ({
    expr: `sum(${agentsIn(name)})`,
    legend: name,
    status: stateStatus[name],
  })),
};

const upRatio: Panel = {
  title: 'Up ratio',
  description: 'The share of known agents whose heartbeats come in time now.',
  kind: 'stat',
  unit: 'ratio',
  width: 4,
  bands: [bad, { from: 0.9, status: 'warning' }, { from: 0.99, status: 'good' }],
  queries: [{ expr: `sum(${agentsIn(...heardStates)}) / sum(${agents(ofFleet)})`, legend: 'up' }],
};

const agentsDown: Panel = {
  title: 'Agents down',
  description: 'Each agent that is down, and for how many seconds it has sent no heartbeat; the longest first.',
  kind: 'table',
  unit: 'seconds',
  width: 12,
  queries: [
    {
      expr:
        `sort_desc(${once([tenant, type, agent], `${metricNames.agentHeartbeatAge}{${ofFleet}}`)}` +
        ` and ${once([tenant, type, agent], `${metricNames.agentUp}{${ofFleet}}`)} == 0)`,
      legend: `{{${agent}}}`,
    },
  ],
};

const heartbeatAge: Panel = {
  title: 'Heartbeat age, oldest of a type',
  description:
    'Seconds since the last heartbeat of the most silent agent of each type. Healthy lines are low saw teeth.',
  kind: 'timeseries',
  unit: 'seconds',
  width: 12,
  queries: [{ expr: once([type], `${metricNames.agentHeartbeatAge}{${ofFleet}}`), legend: `{{${type}}}` }],
};

const anomaliesOpenNow: Panel = {
  title: 'Anomalies open',
  description: 'Series that behave unlike their past right now.',
  kind: 'stat',
  unit: 'count',
  width: 4,
  bands: [
    { from: 0, status: 'good' },
    { from: 1, status: 'warning' },
  ],
  queries: [{ expr: `sum(${once([tenant], `${metricNames.anomaliesOpen}{${ofTenant}}`)})`, legend: 'open' }],
};

const incidentsOpenNow: Panel = {
  title: 'Incidents open',
  description: 'Findings that belong together and go on, by severity. The console names their suspects.',
  kind: 'timeseries',
  unit: 'count',
  width: 12,
  stacked: true,
  queries: severities.map((name) => ({
    expr: `sum(${once([tenant, severity], `${metricNames.incidentsOpen}{${ofTenant},${severity}="${name}"}`)})`,
    legend: name,
    status: severityStatus[name],
  })),
};

const degraded: Panel = {
  title: 'Degraded components',
  description: 'Parts of Fleetcast that do less than they should. Zero is healthy; the status page names the part.',
  kind: 'stat',
  unit: 'count',
  width: 4,
  bands: [
    { from: 0, status: 'good' },
    { from: 1, status: 'bad' },
  ],
  queries: [{ expr: `sum(${once([component], metricNames.degraded)}) or vector(0)`, legend: 'degraded' }],
};

const anomalies: Panel = {
  title: 'Anomalies open over time',
  description: 'Open anomalies of each tenant. A step up that stays is an incident; a spike is a blip.',
  kind: 'timeseries',
  unit: 'count',
  width: 12,
  queries: [{ expr: once([tenant], `${metricNames.anomaliesOpen}{${ofTenant}}`), legend: `{{${tenant}}}` }],
};

const budgets: Panel = {
  title: 'Error budget remaining',
  description: 'The share of the 30 days of error budget that is left. Below 0 the objective is missed.',
  kind: 'timeseries',
  unit: 'ratio',
  width: 12,
  bands: [bad, { from: 0.1, status: 'warning' }, { from: 0.5, status: 'good' }],
  queries: [
    {
      expr: once([tenant, slo], `${metricNames.sloBudgetRemaining}{${ofTenant}}`),
      legend: `{{${tenant}}} {{${slo}}}`,
    },
  ],
};

const burnRates: Panel = {
  title: 'Burn rate',
  description:
    'How many times faster than evenly the budget is spent, over 1 h and 6 h. At 1 it lasts just the period.',
  kind: 'timeseries',
  unit: 'factor',
  width: 12,
  queries: [
    {
      expr: once(
        [tenant, slo, window],
        `${metricNames.sloBurnRate}{${ofTenant},${window}=~"${burnWindows.join('|')}"}`,
      ),
      legend: `{{${tenant}}} {{${slo}}} {{${window}}}`,
    },
  ],
};

const ingestRate: Panel = {
  title: 'Ingest rate',
  description: 'Records taken in each second, by kind. A line that falls to zero is a silent fleet or a closed door.',
  kind: 'timeseries',
  unit: 'perSecond',
  width: 24,
  queries: [{ expr: `sum by (${kind}) (rate(${metricNames.ingestRecords}[$__rate_interval]))`, legend: `{{${kind}}}` }],
};

const refusals: Panel = {
  title: 'Refusals',
  description:
    'Records each second that were not stored, by kind and reason. A sender is broken, or the store is full.',
  kind: 'timeseries',
  unit: 'perSecond',
  width: 12,
  queries: [
    {
      expr: `sum by (${kind}, ${outcome}) (rate(${metricNames.ingestRecords}{${outcome}!="${stored}"}[$__rate_interval]))`,
      legend: `{{${kind}}} {{${outcome}}}`,
    },
  ],
};

const jobLag: Panel = {
  title: 'Job lag',
  description: 'Seconds by which the watermark of each job is behind. What a job makes is as old as its lag.',
  kind: 'timeseries',
  unit: 'seconds',
  width: 12,
  queries: [{ expr: once([job], metricNames.jobLag), legend: `{{${job}}}` }],
};

const jobFailures: Panel = {
  title: 'Job failures',
  description: 'Failed runs of each job in the last hour. A failed window is tried again; it is not lost.',
  kind: 'timeseries',
  unit: 'count',
  width: 12,
  queries: [{ expr: `sum by (${job}) (increase(${metricNames.jobFailures}[1h]))`, legend: `{{${job}}}` }],
};

const httpLatency: Panel = {
  title: 'HTTP latency, 95th percentile',
  description: 'Of each route, the seconds within which 95 of 100 requests are answered.',
  kind: 'timeseries',
  unit: 'seconds',
  width: 12,
  queries: [
    {
      expr:
        `histogram_quantile(0.95, sum by (${route}, le) ` +
        `(rate(${metricNames.httpRequestDuration}_bucket[$__rate_interval])))`,
      legend: `{{${route}}}`,
    },
  ],
};

const rows: readonly Row[] = [
  { title: 'Fleet', panels: [agentsByState, upRatio, anomaliesOpenNow, degraded, agentsDown, heartbeatAge] },
  { title: 'Objectives', panels: [budgets, burnRates] },
  { title: 'Incidents and anomalies', panels: [incidentsOpenNow, anomalies] },
  { title: 'Ingest', panels: [ingestRate] },
  { title: 'Fleetcast itself', panels: [refusals, jobLag, jobFailures, httpLatency] },
];

/** How the whole fleet is, and whether Fleetcast is fit to say so: the first page of a shift. */
export const fleetOverview: Dashboard = {
  uid: 'fleetcast-fleet-overview',
  title: 'Fleetcast: fleet overview',
  description: 'The state of the fleet, its objectives and anomalies, and the health of Fleetcast itself.',
  tags: ['fleetcast', 'generated'],
  rangeHours: 6,
  refreshSeconds: 30,
  variables: [
    { name: 'tenant', title: 'Tenant', metric: metricNames.agents, label: tenant },
    { name: 'type', title: 'Agent type', metric: metricNames.agents, label: type, matchers: ofTenant },
  ],
  rows,
};

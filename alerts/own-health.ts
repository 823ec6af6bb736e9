import { labelNames, metricNames } from '../telemetry/names.ts';
import type { AlertRule } from './rule.ts';
import { alertValue, labelValue } from './templates.ts';

const { job, component, limit } = labelNames;

/** A job is late when it lags by more than this many of its own intervals. */
const lagIntervals = 3;

const jobFailing: AlertRule = {
  name: 'JobFailing',
  severity: 'ticket',
  forSeconds: 600,
  // A share, not a count: it means the same for a job of every minute and one of every day.
  expr:
    `sum by (${job}) (increase(${metricNames.jobFailures}[1h]))\n` +
    `  / sum by (${job}) (increase(${metricNames.jobRuns}[1h])) > 0.5`,
  summary: `Job ${labelValue(job)} fails`,
  what: `${alertValue('humanizePercentage')} of the runs of the job ${labelValue(job)} failed.`,
  since: 'Counted over the last hour, for at least ten minutes.',
  impact: 'Its results stop at its watermark: what is shown or alerted on after that is old. No window is lost.',
  consolePath: '/#/jobs',
};

const jobLagging: AlertRule = {
  name: 'JobLagging',
  severity: 'ticket',
  forSeconds: 300,
  expr:
    `max by (${job}) (${metricNames.jobLag})\n` + `  > ${lagIntervals} * max by (${job}) (${metricNames.jobInterval})`,
  summary: `Job ${labelValue(job)} is ${alertValue('humanizeDuration')} behind`,
  what: `The watermark of the job ${labelValue(job)} is behind by more than ${lagIntervals} of its intervals.`,
  since: `It stands ${alertValue('humanizeDuration')} back.`,
  impact: 'Anomalies, forecasts, objectives or states that come from it are that old, and alerts on them come late.',
  consolePath: '/#/jobs',
};

const fleetcastDegraded: AlertRule = {
  name: 'FleetcastDegraded',
  severity: 'ticket',
  forSeconds: 300,
  expr: `max by (${component}) (${metricNames.degraded}) > 0`,
  summary: `Fleetcast is degraded: ${labelValue(component)}`,
  what: `The component ${labelValue(component)} of Fleetcast does less than it should; the rest goes on.`,
  since: 'It has been so for at least five minutes.',
  impact: `What needs ${labelValue(component)} is missing or made in a lesser way; the status page says why.`,
  consolePath: '/status',
};

const requestsRefused: AlertRule = {
  name: 'RequestsRefused',
  severity: 'ticket',
  forSeconds: 300,
  expr: `sum by (${limit}) (increase(${metricNames.pressureRefusals}[5m])) > 0`,
  summary: `Fleetcast refuses requests: ${labelValue(limit)}`,
  what: `Requests are answered with 429 or 503, because the bound ${labelValue(limit)} is met.`,
  since: 'It has gone on for at least five minutes.',
  impact: 'Senders wait and try again; what one gives up is missing from its series.',
  consolePath: '/status',
};

/** Without it, the end of Fleetcast would resolve every other alert: no series, no condition. */
const fleetcastAbsent: AlertRule = {
  name: 'FleetcastAbsent',
  severity: 'page',
  forSeconds: 300,
  expr: `absent(${metricNames.buildInfo})`,
  summary: 'Fleetcast is not there',
  what: 'Prometheus has no metrics of Fleetcast: it is down, out of reach, or refuses the key of the scrape.',
  since: 'It has been so for at least five minutes.',
  impact: 'Nobody watches the fleet: heartbeats and samples are not taken in, and every other alert of it is mute.',
  consolePath: '/readyz',
};

/** Fleetcast watches itself: its jobs, its parts, and its presence. */
export const ownHealthRules: readonly AlertRule[] = [
  jobFailing,
  jobLagging,
  fleetcastDegraded,
  requestsRefused,
  fleetcastAbsent,
];

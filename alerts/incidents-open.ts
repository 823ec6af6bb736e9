import { severities } from '../models/incidents/describe-incident.ts';
import { labelNames, metricNames } from '../telemetry/names.ts';
import type { AlertRule } from './rule.ts';
import { alertValue, labelValue } from './templates.ts';

const { tenant, severity } = labelNames;
const critical = severities[2];

const criticalIncident: AlertRule = {
  name: 'CriticalIncident',
  severity: 'page',
  // What belongs together needs a minute or two to come together.
  forSeconds: 120,
  expr: `max by (${tenant}) (${metricNames.incidentsOpen}{${severity}="${critical}"}) > 0`,
  summary: `${alertValue('humanize')} critical incident of ${labelValue(tenant)} is open`,
  what: `Findings that belong together show in a large part of the fleet of ${labelValue(tenant)}, or far beyond what is ordinary in several metrics.`,
  since: 'It has been so for at least two minutes.',
  impact:
    'What its agents do is done late, wrongly or not at all; the page of the incident names the suspects and why.',
  consolePath: '/#/incidents?open=true',
};

/** Incidents that wake somebody. Lesser ones are in the console and in the stream. */
export const incidentRules: readonly AlertRule[] = [criticalIncident];

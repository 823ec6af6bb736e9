import { type agentStates, labelNames, metricNames } from '../telemetry/names.ts';
import type { AlertRule } from './rule.ts';
import { alertValue, labelInPath, labelValue, lookup } from './templates.ts';

const { tenant, type, agent, state } = labelNames;
const down = 'down' satisfies (typeof agentStates)[number];

/** Fewer agents than this are told one by one: half of a type of two is no outage. */
const leastAgentsDown = 3;
const typeShare = 0.5;
const fleetShare = 0.25;

const agentDown: AlertRule = {
  name: 'AgentDown',
  severity: 'ticket',
  forSeconds: 120,
  expr: `max by (${tenant}, ${type}, ${agent}) (${metricNames.agentUp}) == 0`,
  summary: `Agent ${labelValue(agent)} (${labelValue(type)}) of ${labelValue(tenant)} is down`,
  what: `The agent ${labelValue(agent)} of type ${labelValue(type)}, tenant ${labelValue(tenant)}, sends no heartbeats.`,
  since: `The last one came ${lookup({
    expr: `min(${metricNames.agentHeartbeatAge}{${tenant}=%q,${agent}=%q})`,
    args: [`$labels.${tenant}`, `$labels.${agent}`],
    format: 'humanizeDuration',
    otherwise: 'an unknown time',
  })} ago.`,
  impact: 'The tasks that it holds do not go on, and its silence counts against the availability objective.',
  consolePath: `/#/agents/${labelInPath(agent)}`,
};

/** Of one type: a bad release or a lost dependency of that type. */
const agentsOfTypeDown: AlertRule = {
  name: 'AgentsDownMany',
  severity: 'page',
  // Shorter than AgentDown waits, so that this one is there to inhibit the single ones when they come.
  forSeconds: 60,
  expr: shareDown(`${tenant}, ${type}`, typeShare),
  labels: { scope: 'type' },
  summary: `${alertValue('humanizePercentage')} of the ${labelValue(type)} agents of ${labelValue(tenant)} are down`,
  what:
    `${alertValue('humanizePercentage')} of the agents of type ${labelValue(type)}, tenant ${labelValue(tenant)}, ` +
    'are down at once.',
  since: 'It has been so for at least a minute.',
  impact: 'Work that only this type does is standing still, and the availability objective burns.',
  consolePath: `/#/agents?type=${labelInPath(type)}`,
};

/** Of a whole tenant: a network, a credential or the way to Fleetcast rather than the agents. */
const agentsOfFleetDown: AlertRule = {
  ...agentsOfTypeDown,
  expr: shareDown(tenant, fleetShare),
  labels: { scope: 'fleet' },
  summary: `${alertValue('humanizePercentage')} of the fleet of ${labelValue(tenant)} is down`,
  what: `${alertValue('humanizePercentage')} of all agents of tenant ${labelValue(tenant)} are down at once.`,
  impact: 'The fleet does little of its work. One cause is likely: the network, a credential, a shared dependency.',
  consolePath: '/#/agents',
};

/**
 * Agents that are known and down: each on its own, and once for many. The deployment's Alertmanager lets the wider
 * one inhibit the narrower (`deploy/alertmanager.yml`).
 */
export const agentsDownRules: readonly AlertRule[] = [agentsOfFleetDown, agentsOfTypeDown, agentDown];

function shareDown(by: string, share: number): string {
  const count = (selector: string) =>
    `sum by (${by}) (max by (${tenant}, ${type}, ${state}) (${metricNames.agents}${selector}))`;
  const countDown = count(`{${state}="${down}"}`);
  return `${countDown}\n  / ${count('')} >= ${share}\nand\n${countDown} >= ${leastAgentsDown}`;
}

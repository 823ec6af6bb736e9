import { agentsDownRules } from './agents-down.ts';
import { incidentRules } from './incidents-open.ts';
import { ownHealthRules } from './own-health.ts';
import type { RuleGroup } from './rule.ts';
import { sloBurnRules } from './slo-burn.ts';

/** Every alerting rule of Fleetcast. To add one: write it in a file of its topic, name it here, write its runbook. */
export const ruleGroups: readonly RuleGroup[] = [
  { name: 'fleetcast-slo', intervalSeconds: 30, rules: sloBurnRules },
  { name: 'fleetcast-agents', intervalSeconds: 30, rules: agentsDownRules },
  { name: 'fleetcast-incidents', intervalSeconds: 30, rules: incidentRules },
  { name: 'fleetcast-own-health', intervalSeconds: 60, rules: ownHealthRules },
];

/** `page` wakes somebody now; `ticket` waits for working hours. */
export type Severity = 'page' | 'ticket';

/**
 * An alerting rule as data, apart from the system that evaluates it.
 *
 * The texts are Go templates over `$labels` and `$value` (see `templates.ts`). Together they answer what an on-call
 * asks first; no part may be left out. The runbook of a rule is the section of `docs/runbooks.md` that has its name.
 */
export interface AlertRule {
  /** UpperCamelCase, unique. */
  name: string;
  severity: Severity;
  /** How long the condition must hold before the alert fires; 0 fires at once. */
  forSeconds: number;
  /** PromQL, aggregated to the labels that identify the alert, so that replicas of Fleetcast do not double it. */
  expr: string;
  /** Labels that the expression does not give. */
  labels?: Readonly<Record<string, string>>;
  /** One line for a list of alerts. */
  summary: string;
  /** What is wrong, as a sentence. */
  what: string;
  /** Since when, or over which time, as a sentence. */
  since: string;
  /** What it breaks or will break, as a sentence. */
  impact: string;
  /** Where the console shows more, beginning with `/`. */
  consolePath: string;
}

/** Rules that are evaluated together, in order. */
export interface RuleGroup {
  name: string;
  intervalSeconds: number;
  rules: readonly AlertRule[];
}

/** The repository's file and anchor that tells what to do about `rule`. */
export function runbookOf(rule: AlertRule): string {
  return `docs/runbooks.md#${rule.name.toLowerCase()}`;
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderPrometheusRules } from '../../alerts/prometheus.ts';
import { runbookOf } from '../../alerts/rule.ts';
import { ruleGroups } from '../../alerts/rules.ts';
import { labelNames, metricNames } from '../../telemetry/names.ts';

const rules = ruleGroups.flatMap((group) => group.rules);
const runbooks = readFileSync(join(import.meta.dirname, '../../docs/runbooks.md'), 'utf8');
const runbookNames = [...runbooks.matchAll(/^## (.+)$/gm)].map(([, name]) => name!);

describe('ruleGroups', () => {
  it('names no metric and no label that the catalogue of telemetry/names.ts lacks', () => {
    const metrics = new Set<string>(Object.values(metricNames));
    const labels = new Set<string>([...Object.values(labelNames), 'severity', 'scope']);
    for (const rule of rules) {
      const text = JSON.stringify(rule);
      for (const [name] of text.matchAll(/fleetcast_\w+/g)) expect(metrics, rule.name).toContain(name);
      for (const [, name] of text.matchAll(/\$labels\.(\w+)/g)) expect(labels, rule.name).toContain(name);
      for (const [, list] of rule.expr.matchAll(/by \(([^)]*)\)/g)) {
        for (const name of list!.split(', ')) expect(labels, rule.name).toContain(name);
      }
    }
  });

  it('uses in a text only labels that the expression keeps', () => {
    for (const rule of rules) {
      const kept = new Set([...rule.expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, list]) => list!.split(', ')));
      const texts = [rule.summary, rule.what, rule.since, rule.impact, rule.consolePath].join(' ');
      for (const [, name] of texts.matchAll(/\$labels\.(\w+)/g)) expect(kept, rule.name).toContain(name);
    }
  });

  it('gives each alert an identity: name and static labels are unique', () => {
    const identities = rules.map((rule) => JSON.stringify([rule.name, rule.labels ?? {}]));
    expect(new Set(identities).size).toBe(identities.length);
  });

  it('has a runbook section for each rule, and no section without a rule', () => {
    expect(new Set(runbookNames)).toEqual(new Set(rules.map((rule) => rule.name)));
    expect(runbookNames.length).toBe(new Set(runbookNames).size);
    for (const rule of rules) expect(runbookOf(rule)).toBe(`docs/runbooks.md#${rule.name.toLowerCase()}`);
  });

  it('leaves no part of a text empty: what, since when, what it breaks, where to look', () => {
    for (const rule of rules) {
      for (const part of [rule.what, rule.since, rule.impact]) expect(part, rule.name).toMatch(/\w.*\.$/);
      expect(rule.summary, rule.name).toMatch(/\w/);
      expect(rule.consolePath, rule.name).toMatch(/^\//);
    }
  });
});

describe('renderPrometheusRules', () => {
  it('points every link of an alert to the console that it is given', () => {
    const text = renderPrometheusRules(ruleGroups, { consoleUrl: 'https://fleet.example.org' });
    expect(text).not.toContain('127.0.0.1');
    expect(text.match(/console: "?https:\/\/fleet\.example\.org\//g)).toHaveLength(rules.length);
  });

  it('writes durations in units that Prometheus reads, without losing a second', () => {
    const rule = rules[0]!;
    const forOf = (forSeconds: number) => {
      const text = renderPrometheusRules([{ name: 'g', intervalSeconds: 60, rules: [{ ...rule, forSeconds }] }]);
      return /for: (\S+)/.exec(text)?.[1];
    };
    expect([0, 45, 60, 90, 120, 3600, 5400].map(forOf)).toEqual(['0s', '45s', '1m', '90s', '2m', '1h', '90m']);
  });
});

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ruleGroups } from '../../alerts/rules.ts';
import { findExecutable } from '../support/servers.ts';

const rulesFile = join(import.meta.dirname, '../../alerts/generated/fleetcast.rules.yaml');
const unitTestsFile = join(import.meta.dirname, 'fleetcast.rules.test.yaml');
const promtoolMissing = findExecutable('promtool') === undefined;
const why = promtoolMissing ? ' (skipped: promtool is not on the PATH)' : '';

interface UnitTests {
  tests: { alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[] }[];
}

describe.skipIf(promtoolMissing)(`the generated rules, under promtool${why}`, () => {
  it('are accepted by Prometheus', () => {
    expect(execFileSync('promtool', ['check', 'rules', rulesFile], { encoding: 'utf8' })).toContain('SUCCESS');
  });

  it('fire, and stay silent, as their unit tests say', () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', unitTestsFile], { encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
  });
});

describe('the unit tests of the rules', () => {
  it('hold for every rule a case in which it fires and one in which it does not', () => {
    const { tests } = parse(readFileSync(unitTestsFile, 'utf8')) as UnitTests;
    const cases = tests.flatMap((test) => test.alert_rule_test ?? []);
    for (const { name } of ruleGroups.flatMap((group) => group.rules)) {
      const ofRule = cases.filter((one) => one.alertname === name);
      expect(
        ofRule.some((one) => one.exp_alerts.length > 0),
        `${name} fires`,
      ).toBe(true);
      expect(
        ofRule.some((one) => one.exp_alerts.length === 0),
        `${name} does not fire`,
      ).toBe(true);
    }
  });
});

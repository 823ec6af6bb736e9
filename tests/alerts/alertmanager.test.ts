import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ruleGroups } from '../../alerts/rules.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { findAlertmanager, findExecutable } from '../support/servers.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const configFile = join(import.meta.dirname, '../../deploy/alertmanager.yml');
const amtool = findExecutable('amtool');
const alertmanager = findAlertmanager();

interface AlertmanagerConfig {
  route: { routes: { matchers: string[] }[] };
  inhibit_rules: { source_matchers: string[]; target_matchers: string[] }[];
}

interface StoredAlert {
  labels: Record<string, string>;
  status: { inhibitedBy: string[] };
}

describe('deploy/alertmanager.yml', () => {
  const rules = ruleGroups.flatMap((group) => group.rules);
  const config = parse(readFileSync(configFile, 'utf8')) as AlertmanagerConfig;
  const valuesOf = (label: string, matchers: string[]) =>
    matchers.flatMap((matcher) => {
      const [, name, quoted] = /^(\w+)(?:=~|!=|=)"(.*)"$/.exec(matcher) ?? [];
      return name === label ? quoted!.split('|') : [];
    });

  it('routes every severity that a rule has, and none besides', () => {
    const routed = config.route.routes.flatMap((route) => valuesOf('severity', route.matchers));
    expect(new Set(routed)).toEqual(new Set(rules.map((rule) => rule.severity)));
  });

  it('inhibits by names and scopes that rules have', () => {
    const matchers = config.inhibit_rules.flatMap((rule) => [...rule.source_matchers, ...rule.target_matchers]);
    expect(rules.map((rule) => rule.name)).toEqual(expect.arrayContaining(valuesOf('alertname', matchers)));
    expect(rules.map((rule) => rule.labels?.scope)).toEqual(expect.arrayContaining(valuesOf('scope', matchers)));
  });

  it.skipIf(!amtool)(`is accepted by amtool${amtool ? '' : ' (skipped: amtool is not on the PATH)'}`, () => {
    expect(execFileSync(amtool!, ['check-config', configFile], { encoding: 'utf8' })).toContain('SUCCESS');
  });
});

describe.skipIf(!alertmanager)(
  `Alertmanager with that configuration${alertmanager ? '' : ' (skipped: it is not installed)'}`,
  () => {
    const directory = temporaryDirectory();
    let server: ChildProcess;
    let url: string;

    beforeAll(async () => {
      const port = await freePort();
      url = `http://127.0.0.1:${port}`;
      server = spawn(
        alertmanager!,
        [
          `--config.file=${configFile}`,
          `--storage.path=${directory.path}`,
          `--web.listen-address=127.0.0.1:${port}`,
          '--cluster.listen-address=',
        ],
        { stdio: 'ignore' },
      );
      await eventually(async () => (await fetch(`${url}/-/ready`)).ok, { what: 'Alertmanager' });
    });

    afterAll(async () => {
      const exited = once(server, 'exit');
      server.kill();
      await exited;
      directory.remove();
    });

    async function alertsOf(tenant: string): Promise<StoredAlert[]> {
      const response = await fetch(`${url}/api/v2/alerts?filter=tenant="${tenant}"`);
      return (await response.json()) as StoredAlert[];
    }

    /** Sends alerts as Prometheus does and answers which of a tenant end up inhibited, by name and agent. */
    async function inhibited(tenant: string, alerts: Record<string, string>[]): Promise<string[]> {
      const body = JSON.stringify(alerts.map((labels) => ({ labels: { tenant, ...labels } })));
      const headers = { 'content-type': 'application/json' };
      expect((await fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body })).status).toBe(200);
      await eventually(async () => (await alertsOf(tenant)).length === alerts.length, { what: 'every alert stored' });
      const stored = await alertsOf(tenant);
      return stored
        .filter((alert) => alert.status.inhibitedBy.length > 0)
        .map(({ labels }) => [labels.alertname, labels.agent ?? labels.type ?? labels.slo ?? labels.job].join(' '))
        .sort();
    }

    it('lets a silent type inhibit its own single agents and no others', async () => {
      const alerts = [
        { alertname: 'AgentsDownMany', scope: 'type', type: 'testing' },
        { alertname: 'AgentDown', type: 'testing', agent: 't-1' },
        { alertname: 'AgentDown', type: 'testing', agent: 't-2' },
        { alertname: 'AgentDown', type: 'security', agent: 's-1' },
      ];
      expect(await inhibited('type-down', alerts)).toEqual(['AgentDown t-1', 'AgentDown t-2']);
    });

    it('leaves one alert of a silent fleet', async () => {
      const alerts = [
        { alertname: 'AgentsDownMany', scope: 'fleet' },
        { alertname: 'AgentsDownMany', scope: 'type', type: 'testing' },
        { alertname: 'AgentDown', type: 'testing', agent: 't-1' },
        { alertname: 'AgentDown', type: 'security', agent: 's-1' },
      ];
      const names = ['AgentDown s-1', 'AgentDown t-1', 'AgentsDownMany testing'];
      expect(await inhibited('fleet-down', alerts)).toEqual(names);
    });

    it('inhibits nothing across tenants, and a lone agent never', async () => {
      expect(await inhibited('other-tenant', [{ alertname: 'AgentDown', type: 'testing', agent: 't-1' }])).toEqual([]);
    });

    it('lets the page of an objective inhibit its ticket, not that of another objective', async () => {
      const alerts = [
        { alertname: 'SloBurnPage', slo: 'availability' },
        { alertname: 'SloBurnTicket', slo: 'availability' },
        { alertname: 'SloBurnTicket', slo: 'task-success' },
      ];
      expect(await inhibited('burning', alerts)).toEqual(['SloBurnTicket availability']);
    });

    it('lets a job that fails inhibit its own lag, not that of another job', async () => {
      const alerts = [
        { alertname: 'JobFailing', job: 'slo' },
        { alertname: 'JobLagging', job: 'slo' },
        { alertname: 'JobLagging', job: 'detect' },
      ];
      expect(await inhibited('jobs', alerts)).toEqual(['JobLagging slo']);
    });
  },
);

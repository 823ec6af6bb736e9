import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { fleetOverview } from '../../dashboards/fleet-overview.ts';
import { labelNames, metricNames } from '../../telemetry/names.ts';
import { findExecutable } from '../support/servers.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const panels = fleetOverview.rows.flatMap((row) => row.panels);
const queries = panels.flatMap((panel) => panel.queries);
const promtoolMissing = findExecutable('promtool') === undefined;
const why = promtoolMissing ? ' (skipped: promtool is not on the PATH)' : '';

describe('fleetOverview', () => {
  it('names no metric and no label that the catalogue of telemetry/names.ts lacks', () => {
    const metrics = new Set<string>(Object.values(metricNames));
    const labels = new Set<string>([...Object.values(labelNames), 'le']);
    for (const { expr, legend } of queries) {
      for (const [name] of expr.matchAll(/fleetcast_\w+/g)) expect(metrics).toContain(name.replace(/_bucket$/, ''));
      for (const [, list] of expr.matchAll(/by \(([^)]*)\)/g)) {
        for (const name of list!.split(', ')) expect(labels).toContain(name);
      }
      for (const [, name] of legend.matchAll(/\{\{(\w+)\}\}/g)) expect(labels).toContain(name);
    }
  });

  it('refers only to variables that it declares, and uses each of them', () => {
    const declared = new Set(fleetOverview.variables.map((variable) => variable.name));
    const used = new Set(queries.flatMap(({ expr }) => [...expr.matchAll(/\$(?!__)(\w+)/g)].map(([, name]) => name!)));
    expect(used).toEqual(declared);
  });

  it('fills each line of 24 columns exactly, so that panels neither overlap nor leave holes', () => {
    for (const row of fleetOverview.rows) {
      let column = 0;
      for (const panel of row.panels) {
        column += panel.width;
        expect(column, `${row.title}: ${panel.title}`).toBeLessThanOrEqual(24);
        if (column === 24) column = 0;
      }
      expect(column, row.title).toBe(0);
    }
  });

  it('gives each panel a title of its own and a description', () => {
    expect(new Set(panels.map((panel) => panel.title)).size).toBe(panels.length);
    for (const panel of panels) expect(panel.description, panel.title).toMatch(/\w+.*\./);
  });

  it.skipIf(promtoolMissing)(`asks only queries that Prometheus parses${why}`, () => {
    using folder = temporaryDirectory();
    const rules = queries.map(({ expr }, i) => ({
      record: `query:${i}`,
      expr: expr.replaceAll('$__rate_interval', '5m'),
    }));
    const file = join(folder.path, 'queries.yaml');
    writeFileSync(file, stringify({ groups: [{ name: 'queries', rules }] }));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
  });
});

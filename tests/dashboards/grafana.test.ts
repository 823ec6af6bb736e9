import { describe, expect, it } from 'vitest';
import { fleetOverview } from '../../dashboards/fleet-overview.ts';
import { renderGrafanaDashboard } from '../../dashboards/grafana.ts';

interface GrafanaPanel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { uid: string };
  targets?: { refId: string; expr: string; datasource: { uid: string }; instant?: boolean; format?: string }[];
}

interface GrafanaJson {
  uid: string;
  panels: GrafanaPanel[];
  templating: { list: { name: string; type: string }[] };
}

const render = () => JSON.parse(JSON.stringify(renderGrafanaDashboard(fleetOverview))) as GrafanaJson;
const grafana = render();
const drawn = grafana.panels.filter((panel) => panel.type !== 'row');

describe('renderGrafanaDashboard', () => {
  it('keeps the uid of the definition, within the 40 characters that Grafana takes', () => {
    expect(grafana.uid).toBe(fleetOverview.uid);
    expect(grafana.uid).toMatch(/^[\w-]{8,40}$/);
  });

  it('gives the same bytes for the same definition', () => {
    expect(JSON.stringify(render())).toBe(JSON.stringify(grafana));
  });

  it('draws every panel and row of the definition, in order', () => {
    const titles = fleetOverview.rows.flatMap((row) => [row.title, ...row.panels.map((panel) => panel.title)]);
    expect(grafana.panels.map((panel) => panel.title)).toEqual(titles);
  });

  it('numbers the panels uniquely, for links hold the numbers', () => {
    expect(new Set(grafana.panels.map((panel) => panel.id)).size).toBe(grafana.panels.length);
  });

  it('lays no panel over another or beyond the 24 columns', () => {
    const cells = new Set<string>();
    for (const { gridPos, title } of grafana.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(cells.has(`${x},${y}`), `${title} at ${x},${y}`).toBe(false);
          cells.add(`${x},${y}`);
        }
      }
    }
  });

  it('asks the chosen data source in every panel and query, never a fixed one', () => {
    expect(grafana.templating.list.map(({ name, type }) => [name, type])).toEqual([
      ['datasource', 'datasource'],
      ['tenant', 'query'],
      ['type', 'query'],
    ]);
    for (const panel of drawn) {
      expect(panel.datasource?.uid, panel.title).toBe('$datasource');
      for (const target of panel.targets ?? []) expect(target.datasource.uid, panel.title).toBe('$datasource');
    }
  });

  it('passes each query on unchanged, at an instant for tables and single values', () => {
    const panels = fleetOverview.rows.flatMap((row) => row.panels);
    for (const [i, panel] of panels.entries()) {
      expect(drawn[i]?.targets?.map((target) => target.expr)).toEqual(panel.queries.map((query) => query.expr));
      const instant = drawn[i]?.targets?.every((target) => target.instant === true);
      expect(instant, panel.title).toBe(panel.kind !== 'timeseries');
    }
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { CallSeries } from '../../models/root-cause/impact.ts';
import type { Dependency } from '../../models/root-cause/rank-suspects.ts';

/** What the symptom is measured by, and so what harm means. */
export type Symptom = 'latency' | 'availability';

/** A fault that was injected into the application of the data set, as an on-call person would meet it. */
export interface Scenario {
  id: string;
  target: { component: string; symptom: Symptom; timeMs: number };
  rootCause: string;
  dependencies: Dependency[];
  /** Per component, its calls with the harm that the symptom names. */
  calls: Map<string, CallSeries>;
}

const targetFile = z.object({
  target: z.object({ node: z.string(), metric: z.enum(['latency', 'availability']), timestamp: z.number() }),
  root_cause: z.object({ node: z.string() }),
});

/** Three rows of headers (component, metric, statistic) and one that names the index. */
const headerRows = 4;
const stepMs = 300_000;

/** Every scenario below `folder`, in the order of their paths. */
export function readScenarios(folder: string): Scenario[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('target.json'))
    .sort()
    .map((path) => readScenario(folder, dirname(path)));
}

function readScenario(folder: string, id: string): Scenario {
  const { target, root_cause } = targetFile.parse(JSON.parse(readFileSync(join(folder, id, 'target.json'), 'utf8')));
  return {
    id,
    target: { component: target.node, symptom: target.metric, timeMs: target.timestamp * 1000 },
    rootCause: root_cause.node,
    dependencies: readGraph(join(folder, id, '../../graph.csv')),
    calls: readCalls(join(folder, id, 'metrics.csv'), target.metric),
  };
}

/** A square matrix whose cell is not 0 where the row calls the column. */
function readGraph(path: string): Dependency[] {
  const [header, ...rows] = readRows(path);
  return rows.flatMap(([caller, ...cells]) =>
    cells.flatMap((cell, i) => (Number(cell) === 0 ? [] : [{ caller: caller!, callee: header![i + 1]! }])),
  );
}

function readCalls(path: string, symptom: Symptom): Map<string, CallSeries> {
  const rows = readRows(path);
  const [components, metrics, statistics] = rows;
  const body = rows.slice(headerRows);
  const starts = body.map((row) => Number(row[0]) * 1000);
  const column = (component: string, metric: string, statistic: string) => {
    const at = components!.findIndex(
      (name, i) => name === component && metrics![i] === metric && statistics![i] === statistic,
    );
    return body.map((row) => (at < 0 || row[at] === '' ? Number.NaN : Number(row[at])));
  };
  const harm = (component: string) =>
    symptom === 'latency'
      ? column(component, 'latency', 'Average')
      : column(component, 'availability', 'Average').map((percent) => 1 - percent / 100);
  return new Map(
    [...new Set(components!.slice(1))].map((component) => {
      const calls = column(component, 'requests', 'Sum');
      return [component, { starts, stepMs, calls, harmPerCall: harm(component) }];
    }),
  );
}

function readRows(path: string): string[][] {
  return parse(readFileSync(path), { bom: true, relax_column_count: true });
}

import type { Anomaly } from '../../sdk/typescript/answers.ts';
import type { FleetcastClient, SeriesFilter } from '../../sdk/typescript/client.ts';
import type { SeriesName } from './naming.ts';
import type { Window } from './windows.ts';

/** An anomaly as a span of time; one that is still open ends with the data. */
export interface Finding extends Window {
  anomaly: Anomaly;
}

/** What the service found in one series of a file. */
export interface SeriesFindings {
  name: SeriesName;
  /** Undefined when the service does not know the series. */
  seriesId: string | undefined;
  findings: Finding[];
}

/** Asks for the anomalies of a series within a span, in ascending order of time. */
export async function fetchFindings(
  fleetcast: FleetcastClient,
  agent: string,
  name: SeriesName,
  span: Window,
): Promise<SeriesFindings> {
  const filter: SeriesFilter = { metric: name.metric, agent, labels: name.labels };
  const labelCount = Object.keys(name.labels).length + 1;
  const found = (await fleetcast.series(filter)).find(({ labels }) => Object.keys(labels).length === labelCount);
  if (found === undefined) return { name, seriesId: undefined, findings: [] };
  const anomalies = await fleetcast.anomalies({ series: found.id, from: span.fromMs, to: span.toMs + 1 });
  const findings = anomalies.map((anomaly) => ({
    anomaly,
    fromMs: Date.parse(anomaly.startedAt),
    toMs: anomaly.endedAt === null ? span.toMs : Date.parse(anomaly.endedAt),
  }));
  return { name, seriesId: found.id, findings: findings.toSorted((a, b) => a.fromMs - b.fromMs) };
}

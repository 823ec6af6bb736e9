import type { FleetcastClient, SeriesFilter } from '../../sdk/typescript/client.ts';
import type { Machine } from './machine.ts';
import type { Scenario } from './scenario.ts';

/** Says where to look and what to look for, with a link to each incident. */
export async function renderGuide(
  fleetcast: FleetcastClient,
  url: string,
  { leak, crashLoop, overload }: Scenario,
  machine: Machine,
): Promise<string> {
  const linkToSeries = async (filter: SeriesFilter, range: string) => {
    const [series] = await fleetcast.series(filter);
    return series === undefined ? `${url}/` : `${url}/#/series/${series.id}?range=${range}`;
  };
  const memory = await linkToSeries({ metric: 'memory_used_bytes', agent: leak.agent }, '28d');
  const queue = await linkToSeries({ metric: 'task_queue_depth', labels: { kind: overload.kind } }, '7d');
  return `
Open ${url}/

  memory leak   ${leak.agent} grows since ${showDay(leak.startMs)} and reaches its limit of ${showGibibytes(leak.limitBytes)} on ${showMinute(leak.limitAtMs)}
                ${memory}
  crash loop    ${crashLoop.agent} starts, fails and is silent, again and again, since it got ${crashLoop.version} on ${showMinute(crashLoop.startMs)}
                ${url}/#/agents/${crashLoop.agent}
  overload      ${overload.kind} came faster than the ${overload.type} agents work from ${showMinute(overload.startMs)} to ${showMinute(overload.endMs)}
                ${queue}
  real data     ${machine.name} is this machine, every 5 seconds
                ${url}/#/agents/${encodeURIComponent(machine.name)}

  ${url}/#/anomalies   ${url}/#/slos   ${url}/docs   ${url}/metrics

Times are UTC. The fleet lives on until Ctrl-C; the next start continues it.`;
}

function showMinute(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ');
}

function showDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function showGibibytes(bytes: number): string {
  return `${bytes / 2 ** 30} GiB`;
}

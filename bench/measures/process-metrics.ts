/** What the service says of its own process. */
export interface ProcessMetrics {
  residentMemoryBytes: number;
  eventLoopLagP99Seconds: number;
  eventLoopLagMaxSeconds: number;
  /** Since the start, of all threads. */
  cpuSeconds: number;
  /** Records stored since the start, by kind. */
  storedRecords(kind: string): number;
}

/** Reads `/metrics`. The event loop's delay is that since the last time it was read. */
export async function readProcessMetrics(url: string): Promise<ProcessMetrics> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return {
    residentMemoryBytes: readMetric(text, 'process_resident_memory_bytes'),
    cpuSeconds: readMetric(text, 'process_cpu_seconds_total'),
    eventLoopLagP99Seconds: readMetric(text, 'nodejs_eventloop_lag_p99_seconds'),
    eventLoopLagMaxSeconds: readMetric(text, 'nodejs_eventloop_lag_max_seconds'),
    storedRecords: (kind) => readMetric(text, `fleetcast_ingest_records_total{kind="${kind}",outcome="stored"}`, 0),
  };
}

/**
 * The value of one metric of Prometheus' text format.
 *
 * @param name with its labels as they are written.
 * @throws Error when it is not there and no default is given.
 */
export function readMetric(text: string, name: string, fallback?: number): number {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  const value = line === undefined ? fallback : Number(line.slice(name.length + 1).split(' ')[0]);
  if (value === undefined) throw new Error(`/metrics has no ${name}`);
  return value;
}

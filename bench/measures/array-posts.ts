import type { FleetcastClient } from '../../sdk/typescript/client.ts';

export interface ArrayPostsOptions {
  series: number;
  samplesPerSeries: number;
  batchSamples: number;
  connections: number;
}

export interface ArrayPosts extends ArrayPostsOptions {
  samples: number;
  seconds: number;
  samplesPerSecond: number;
}

const metric = 'bench_value';
const stepMs = 1000;

/**
 * Posts samples in arrays over some connections, and waits until all are stored. The bodies are made before the clock
 * runs: what is measured is the service.
 *
 * @throws Error when a post is not answered with 200.
 */
export async function measureArrayPosts(url: string, options: ArrayPostsOptions): Promise<ArrayPosts> {
  const bodies = makeBodies(options);
  const startedAt = performance.now();
  let next = 0;
  async function postUntilDone(): Promise<void> {
    while (next < bodies.length) await post(url, bodies[next++]!);
  }
  await Promise.all(Array.from({ length: options.connections }, postUntilDone));
  const seconds = (performance.now() - startedAt) / 1000;
  const samples = options.series * options.samplesPerSeries;
  return { ...options, samples, seconds, samplesPerSecond: samples / seconds };
}

/** How many of the posted samples the API gives back: every raw point of every series. */
export async function countStoredSamples(fleetcast: FleetcastClient): Promise<number> {
  let found = 0;
  for (const { id, firstTime, lastTime } of await fleetcast.series({ metric })) {
    if (firstTime === null || lastTime === null) continue;
    const points = await fleetcast.points(id, { step: 'raw', from: firstTime, to: Date.parse(lastTime) + 1 });
    found += points.values.length;
  }
  return found;
}

/** Each series one sample a second up to now, all series at a time, as agents send them. */
function makeBodies({ series, samplesPerSeries, batchSamples }: ArrayPostsOptions): string[] {
  const startMs = Math.floor(Date.now() / stepMs) * stepMs - samplesPerSeries * stepMs;
  const bodies: string[] = [];
  let batch: string[] = [];
  for (let place = 0; place < series * samplesPerSeries; place++) {
    const agent = `bench-${place % series}`;
    const time = startMs + Math.floor(place / series) * stepMs;
    batch.push(JSON.stringify({ metric, agent, time, value: Math.sin(place) }));
    if (batch.length === batchSamples || place === series * samplesPerSeries - 1) {
      bodies.push(`[${batch.join(',')}]`);
      batch = [];
    }
  }
  return bodies;
}

async function post(url: string, body: string): Promise<void> {
  const response = await fetch(`${url}/v1/samples`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`POST /v1/samples: ${response.status} ${answer.slice(0, 300)}`);
}

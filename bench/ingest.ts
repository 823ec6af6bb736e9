import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { formatNumber, renderTable } from '../tools/table.ts';
import { type BenchContext, defineBench } from './bench.ts';
import {
  findPeer,
  type IngestServer,
  type Peer,
  peerServers,
  peers,
  type StartServer,
  startFleetcast,
} from './measures/ingest-servers.ts';
import { describeMachine, type MachineFacts } from './measures/machine.ts';
import { readProcessCost } from './measures/process-cost.ts';
import { makeBodies, protocols, type SampleProtocol, type StreamSize } from './measures/sample-stream.ts';
import { temporaryFolder } from './measures/temporary-folder.ts';

export interface IngestRun {
  server: 'fleetcast' | Peer;
  protocol: SampleProtocol['id'];
  /** Until the last batch was answered. */
  answeredSeconds: number;
  /** Until all of it could be read. */
  readableSeconds: number;
  /** Of the time until all could be read. */
  samplesPerSecond: number;
  cpuSecondsPerMillion: number | null;
  peakMemoryBytes: number | null;
  sent: number;
  /** What the store had at the end. */
  stored: number;
}

export interface IngestReport {
  machine: MachineFacts;
  isQuick: boolean;
  size: StreamSize;
  runs: IngestRun[];
  /** How many times as fast we were, until all could be read, as each peer by its own protocol. */
  ratios: { peer: Peer; protocol: SampleProtocol['id']; readable: number; answered: number }[];
  /** Peers that were asked for and are not installed. */
  absent: Peer[];
}

const quickSize: StreamSize = { samples: 20_000, series: 200, batchSamples: 2000, connections: 2 };

/** By which protocol a peer takes samples, and against which of ours it is held. */
const peerProtocols: Record<Peer, { theirs: SampleProtocol; ours: SampleProtocol }> = {
  prometheus: { theirs: protocols.remoteWrite, ours: protocols.remoteWrite },
  'victoria-metrics': { theirs: protocols.remoteWrite, ours: protocols.remoteWrite },
  influxdb: { theirs: protocols.lineProtocol, ours: protocols.ndjson },
};

/** Samples a second by each protocol, ours and others', in turn on one machine. */
export const ingest = defineBench<IngestReport>({
  id: 'ingest',
  description: 'samples/s, CPU and memory by remote write, OTLP and NDJSON, beside Prometheus and others',
  flags: [
    { flag: '--peer <names>', description: `servers to run beside, by commas: ${peers.join(', ')}`, default: '' },
    { flag: '--peer-folder <folder>', description: 'where their programs are, beside PATH' },
    { flag: '--samples <count>', description: 'how many samples each takes', default: '3000000' },
    { flag: '--connections <count>', description: 'over how many connections they are sent', default: '4' },
  ],
  async measure(context) {
    const size = sizeOf(context);
    const wanted = peersOf(context);
    const folder = temporaryFolder();
    const machine = describeMachine();
    const runs: IngestRun[] = [];
    const absent: Peer[] = [];
    async function run(server: IngestRun['server'], protocol: SampleProtocol, start: StartServer): Promise<void> {
      context.log(`${server}: ${formatNumber(size.samples)} samples by ${protocol.id}`);
      const own = join(folder, `${server}-${protocol.id}`);
      mkdirSync(own);
      runs.push({ server, protocol: protocol.id, ...(await measureRun(await start(own), protocol, size)) });
    }
    for (const protocol of [protocols.remoteWrite, protocols.otlp, protocols.ndjson]) {
      await run('fleetcast', protocol, startFleetcast);
      for (const peer of wanted.filter((each) => peerProtocols[each].ours === protocol)) {
        const program = findPeer(peer, context.options.peerFolder as string | undefined);
        if (program === undefined) absent.push(peer);
        else await run(peer, peerProtocols[peer].theirs, peerServers[peer].start(program));
      }
    }
    return { machine, isQuick: context.isQuick, size, runs, ratios: ratiosOf(runs), absent };
  },
  render: renderIngest,
});

function sizeOf({ isQuick, options }: BenchContext): StreamSize {
  if (isQuick) return quickSize;
  const size = { samples: Number(options.samples), series: 2000, batchSamples: 2000 };
  const connections = Number(options.connections);
  if (!(Number.isInteger(size.samples) && size.samples >= size.series))
    throw new Error(`--samples: expected an integer of at least ${size.series}, not ${options.samples}`);
  if (!(Number.isInteger(connections) && connections >= 1 && connections <= 64))
    throw new Error(`--connections: expected 1 to 64, not ${options.connections}`);
  return { ...size, samples: size.samples - (size.samples % size.series), connections };
}

function peersOf({ options }: BenchContext): Peer[] {
  const names = String(options.peer ?? '')
    .split(',')
    .filter(Boolean);
  const unknown = names.find((name) => !peers.includes(name as Peer));
  if (unknown !== undefined) throw new Error(`--peer: expected ${peers.join(', ')}, not ${unknown}`);
  return names as Peer[];
}

/** The bodies are made before the clock runs: what is measured is the server. */
async function measureRun(
  server: IngestServer,
  protocol: SampleProtocol,
  size: StreamSize,
): Promise<Omit<IngestRun, 'server' | 'protocol'>> {
  const connections = makeBodies(protocol, size);
  const before = readProcessCost(server.pid);
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  await Promise.all(connections.map((bodies) => postAll(server.url + protocol.path, protocol.headers, bodies)));
  const answeredSeconds = seconds();
  await server.untilReadable(size.samples);
  const readableSeconds = seconds();
  const after = readProcessCost(server.pid);
  const stored = await server.stopAndCount();
  const cpuSeconds = before === undefined || after === undefined ? undefined : after.cpuSeconds - before.cpuSeconds;
  return {
    answeredSeconds,
    readableSeconds,
    samplesPerSecond: size.samples / readableSeconds,
    cpuSecondsPerMillion: cpuSeconds === undefined ? null : (cpuSeconds / size.samples) * 1e6,
    peakMemoryBytes: after?.peakMemoryBytes ?? null,
    sent: size.samples,
    stored,
  };
}

/**
 * Sends bodies one after the other over one connection of `node:http`, which takes a fraction of the time of `fetch` for
 * bodies of this size: the sender shares the machine with what is measured.
 */
async function postAll(
  url: string,
  headers: Readonly<Record<string, string>>,
  bodies: readonly Buffer[],
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const body of bodies) {
    const posting = request(url, { agent, method: 'POST', headers: { ...headers, 'content-length': body.length } });
    posting.end(body);
    const [answer] = (await once(posting, 'response')) as [IncomingMessage];
    const content = await text(answer);
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw new Error(`POST ${url}: ${status} ${content.slice(0, 300)}`);
  }
  agent.destroy();
}

function ratiosOf(runs: readonly IngestRun[]): IngestReport['ratios'] {
  return peers.flatMap((peer) => {
    const { theirs, ours } = peerProtocols[peer];
    const other = runs.find(({ server, protocol }) => server === peer && protocol === theirs.id);
    const own = runs.find(({ server, protocol }) => server === 'fleetcast' && protocol === ours.id);
    if (other === undefined || own === undefined) return [];
    const readable = other.readableSeconds / own.readableSeconds;
    return [{ peer, protocol: ours.id, readable, answered: other.answeredSeconds / own.answeredSeconds }];
  });
}

function renderIngest({ machine, size, runs, ratios, absent }: IngestReport): string {
  const mebibytes = (bytes: number | null) => (bytes === null ? Number.NaN : Math.round(bytes / 2 ** 20));
  const table = renderTable(
    [
      'server and protocol',
      'samples/s',
      'until answered s',
      'until readable s',
      'CPU s/million',
      'peak MiB',
      'missing',
    ],
    runs.map((run) => [
      `${run.server}, ${run.protocol}`,
      Math.round(run.samplesPerSecond),
      run.answeredSeconds,
      run.readableSeconds,
      run.cpuSecondsPerMillion ?? Number.NaN,
      mebibytes(run.peakMemoryBytes),
      run.sent - run.stored,
    ]),
  );
  const lines = ratios.map(
    ({ peer, protocol, readable, answered }) =>
      `${protocol} against ${peer}: ${formatNumber(readable)} times as fast until readable, ${formatNumber(answered)} until answered`,
  );
  for (const peer of absent) lines.push(`${peer} is not installed: it was left out`);
  const load = `${formatNumber(size.samples)} samples, ${formatNumber(size.series)} series, batches of ${formatNumber(size.batchSamples)}, ${size.connections} connections`;
  const where = `${machine.cpus} x ${machine.cpuModel}, ${machine.platform}, Node ${machine.node}, load ${machine.loadAverage.toFixed(1)}`;
  return [table, '', ...lines, load, where].join('\n');
}

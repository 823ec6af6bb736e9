import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { createFleetcastClient, type FleetcastClient } from '../sdk/typescript/client.ts';
import { explain } from './explain.ts';
import { runJobToEnd } from './jobs.ts';
import { type CsvFile, openCsv } from './replay/csv.ts';
import { fetchFindings } from './replay/findings.ts';
import { nameSeries, type SeriesName } from './replay/naming.ts';
import { parseSpeed, type Speed } from './replay/pace.ts';
import { type FileReplay, replayFile } from './replay/replay-file.ts';
import { type FileReport, renderReport } from './replay/report.ts';
import { mergeWindows, readWindows, type Window } from './replay/windows.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;

interface Options {
  url: string;
  apiKey?: string;
  speed: Speed;
  agent: string;
  metric?: string;
  value?: string[];
  labels?: string;
}

interface OpenFile {
  path: string;
  bytes: number;
  csv: CsvFile;
}

async function replay(paths: readonly string[], options: Options, signal: AbortSignal): Promise<void> {
  const fleetcast = createFleetcastClient({ url: options.url, apiKey: options.apiKey });
  const windowsOf = options.labels === undefined ? undefined : await readWindows(options.labels);
  const files = await Promise.all(paths.map((path) => openFile(path, options.value)));
  const nameOf = nameSeries(
    files.map(({ path, csv }) => ({ path, columns: csv.columns.values.map(({ name }) => name) })),
    options.metric,
  );
  await fleetcast.status({ attempts: 1, signal });

  const replays = await sendAll(fleetcast, files, options, nameOf, signal);
  const spans = replays.flatMap(({ span }) => span ?? []);
  if (spans.length === 0) throw new Error('no sample was stored');
  await runJobs(fleetcast, spans, signal);

  const reports = await Promise.all(
    files.map(({ path, csv }, i) => reportFile(fleetcast, csv, replays[i]!, options.agent, nameOf, windowsOf?.(path))),
  );
  console.log(`\n${renderReport(reports)}`);
  console.log(`\nEverything is at ${options.url}/, as agent ${options.agent}.`);
}

async function openFile(path: string, only: readonly string[] | undefined): Promise<OpenFile> {
  try {
    return { path, bytes: (await stat(path)).size, csv: await openCsv(path, only) };
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** At full speed one file after the other; at the pace of the data all of them side by side, as they happened. */
async function sendAll(
  fleetcast: FleetcastClient,
  files: readonly OpenFile[],
  { agent, speed }: Options,
  nameOf: (path: string, column: string) => SeriesName,
  signal: AbortSignal,
): Promise<FileReplay[]> {
  const originMs = Math.min(...files.flatMap(({ csv }) => csv.firstTimeMs ?? []));
  const send = ({ path, csv, bytes }: OpenFile) =>
    replayFile(fleetcast, path, csv, { agent, speed, originMs, nameOf, totalBytes: bytes, signal });
  if (speed !== 'max') return Promise.all(files.map(send));
  const replays: FileReplay[] = [];
  for (const file of files) replays.push(await send(file));
  return replays;
}

/** Scores each stretch of history that hangs together, and forecasts from the end of each file. */
async function runJobs(fleetcast: FleetcastClient, spans: readonly Window[], signal: AbortSignal): Promise<void> {
  for (const { fromMs, toMs } of mergeWindows(spans, dayMs)) {
    const from = Math.floor(fromMs / minuteMs) * minuteMs;
    const to = (Math.floor(toMs / minuteMs) + 1) * minuteMs;
    await runJobToEnd(fleetcast, 'detect', { from, to }, { signal });
  }
  const ends = new Set(spans.map(({ toMs }) => (Math.floor(toMs / hourMs) + 1) * hourMs));
  // Two hours, for the service ends a window before an hour that still goes on; the forecast begins at its end.
  for (const to of ends) await runJobToEnd(fleetcast, 'forecast', { from: to - 2 * hourMs, to }, { signal });
}

async function reportFile(
  fleetcast: FleetcastClient,
  csv: CsvFile,
  { path, accepted, errors, span }: FileReplay,
  agent: string,
  nameOf: (path: string, column: string) => SeriesName,
  windows: readonly Window[] | undefined,
): Promise<FileReport> {
  const names = span === undefined ? [] : csv.columns.values.map(({ name }) => nameOf(path, name));
  const series = await Promise.all(names.map((name) => fetchFindings(fleetcast, agent, name, span!)));
  const refused = errors.map(({ pointer, detail }) => `${pointer}: ${detail}`);
  return { file: basename(path), samples: accepted, refused, bad: csv.bad, missing: csv.missing(), series, windows };
}

function readSpeed(text: string): Speed {
  try {
    return parseSpeed(text);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

const command = new Command('replay')
  .description(
    'Sends CSV files of times and values to Fleetcast as samples of an agent, with their own times; then has that history scored and forecast, and shows what was found.',
  )
  .argument('<file...>', 'CSV files; the columns of times and of numbers are found by what is in them')
  .addOption(
    new Option('--url <url>', 'where the service listens').env('FLEETCAST_URL').default('http://127.0.0.1:5005'),
  )
  .addOption(new Option('--api-key <key>', 'a key, where the service wants one').env('FLEETCAST_API_KEY'))
  .option(
    '--speed <speed>',
    'max, or a factor such as 60x: a minute of the data in a second',
    readSpeed,
    'max' as Speed,
  )
  .option('--agent <name>', 'the agent whose samples they become', 'replay')
  .option('--metric <name>', 'the name of the metric (default: from the name of the file)')
  .option('--value <column...>', 'only these columns of numbers')
  .option(
    '--labels <file>',
    'labelled windows in the format of NAB (combined_windows.json), shown beside the anomalies',
  )
  .addHelpText(
    'after',
    `
Examples:
  npm run replay -- cpu.csv                              a file, as fast as it goes
  npm run replay -- nab/data/*/*.csv --labels nab/labels/combined_windows.json
                                                         what was found beside what was labelled
  npm run replay -- a.csv b.csv --speed 60x              side by side, an hour in a minute
  npm run replay -- meter.csv --metric power_watts --agent meter-3 --value total`,
  )
  .action(async (paths: string[], options: Options) => {
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    try {
      await replay(paths, options, stop.signal);
    } catch (error) {
      command.error(stop.signal.aborted ? 'stopped; what was sent is stored' : explain(error, options.url));
    }
  });

if (import.meta.main) await command.parseAsync();

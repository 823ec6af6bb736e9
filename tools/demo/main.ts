import { Command, InvalidArgumentError } from 'commander';
import { createFleetcastClient } from '../../sdk/typescript/client.ts';
import { explain } from '../explain.ts';
import { isPortFree, type LaunchedService, launchService } from '../launch.ts';
import { createProgressGroup } from '../progress.ts';
import type { Fleet } from './feed.ts';
import { createFleet } from './fleet.ts';
import { renderGuide } from './guide.ts';
import { sendHistory } from './history.ts';
import { feedFleet, feedMachine } from './live.ts';
import { createMachine } from './machine.ts';
import { type DemoMemory, readMemory, resumeMemory, writeMemory } from './memory.ts';
import { createScenario } from './scenario.ts';
import { firstLookMs, runFirstLook, runHistoryJobs } from './seed.ts';

interface Options {
  port: number;
  data: string;
  days: number;
}

async function demo({ port, data, days }: Options, signal: AbortSignal): Promise<void> {
  if (!(await isPortFree(port))) {
    throw new Error(`port ${port} is taken, perhaps by another Fleetcast; end it, or choose another with --port`);
  }
  const service = await launchService({ port, dataDir: data });
  console.log(
    `Fleetcast is ready on ${service.url}, started in ${service.secondsToReady.toFixed(1)} s; its views fill now`,
  );
  const stop = new AbortController();
  const whileRunning = AbortSignal.any([signal, stop.signal]);
  try {
    await Promise.race([runFleet(service, data, days, whileRunning), failWhenItEnds(service, data, whileRunning)]);
  } finally {
    stop.abort();
    await service.stop();
  }
}

async function runFleet({ url }: LaunchedService, folder: string, days: number, signal: AbortSignal): Promise<void> {
  const fleetcast = createFleetcastClient({ url });
  const machine = createMachine(folder);
  const last = readMemory(folder);
  const memory = resumeMemory(last, days, Date.now());
  const fleet: Fleet = { agents: createFleet(), scenario: createScenario(memory.endMs, days) };
  const firstMs = Math.min(memory.sentUntilMs, ...memory.gaps.map(({ fromMs }) => fromMs));
  const remember = (news: Partial<DemoMemory>) => writeMemory(folder, Object.assign(memory, news));

  async function fillGaps(): Promise<void> {
    const group = createProgressGroup();
    const history = { fromMs: firstMs, toMs: Date.now() };
    let firstLook: Promise<void> | undefined;
    const beginFirstLook = () => (firstLook ??= runFirstLook(fleetcast, history, { signal, group }));
    for (let gap = memory.gaps.at(-1); gap !== undefined; gap = memory.gaps.at(-1)) {
      const older = memory.gaps.slice(0, -1);
      await sendHistory(fleetcast, fleet, gap, {
        signal,
        group,
        onPiece(rest) {
          remember({ gaps: rest.fromMs < rest.toMs ? [...older, rest] : older });
          if (rest.toMs <= history.toMs - firstLookMs) beginFirstLook();
        },
      });
    }
    await runHistoryJobs(fleetcast, { fromMs: firstMs, toMs: Date.now() }, beginFirstLook(), { signal, group });
    group.end();
    console.log(await renderGuide(fleetcast, url, fleet.scenario, machine));
  }

  console.log(last === undefined ? describeNew(fleet, days) : describeOld(firstMs));
  remember({});
  const live = { signal, onFailure: (error: Error) => console.error(`not sent yet: ${error.message}`) };
  await Promise.all([
    feedMachine(fleetcast, machine, live),
    feedFleet(fleetcast, fleet, memory.sentUntilMs, { ...live, onSent: (sentUntilMs) => remember({ sentUntilMs }) }),
    fillGaps(),
  ]);
}

function describeNew({ agents }: Fleet, days: number): string {
  return `${agents.length} agents, ${days} ${days === 1 ? 'day' : 'days'} of history, the newest first:`;
}

function describeOld(firstMs: number): string {
  const since = new Date(firstMs).toISOString().slice(0, 16).replace('T', ' ');
  return `The fleet of the last start goes on; what is missing since ${since} UTC is added:`;
}

async function failWhenItEnds({ exited }: LaunchedService, folder: string, signal: AbortSignal): Promise<void> {
  await exited;
  if (!signal.aborted) throw new Error(`the service ended; ${folder}/service.log says why`);
}

function wholeNumber(lowest: number, highest: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (Number.isInteger(number) && number >= lowest && number <= highest) return number;
    throw new InvalidArgumentError(`expected a whole number from ${lowest} to ${highest}`);
  };
}

const command = new Command('demo')
  .description(
    'Starts Fleetcast with this machine as a real agent and a simulated fleet of 232 agents: two weeks of history with a memory leak, a crash loop and an overload in it, then live data.',
  )
  .option('--port <port>', 'where the service listens', wholeNumber(1, 65_535), 5005)
  .option('--data <folder>', 'where the service keeps its data; remove it to begin anew', './data/demo')
  .option(
    '--days <days>',
    'how long the history is; the detector needs two weeks to know a weekend',
    wholeNumber(1, 60),
    14,
  )
  .addHelpText(
    'after',
    `
Examples:
  npm run demo
  npm run demo -- --port 5006 --data /tmp/demo`,
  )
  .action(async (options: Options) => {
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.on(signal, () => (stop.signal.aborted ? process.exit(130) : stop.abort()));
    }
    try {
      await demo(options, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) command.error(`\n${explain(error, `http://127.0.0.1:${options.port}`)}`);
    }
    console.log('\nstopped');
  });

if (import.meta.main) await command.parseAsync();

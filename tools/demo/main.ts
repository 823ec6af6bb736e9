import { Command, InvalidArgumentError } from 'commander';
import { createFleetcastClient, type FleetcastClient } from '../../sdk/typescript/client.ts';
import { explain } from '../explain.ts';
import { isPortFree, type LaunchedService, launchService } from '../launch.ts';
import { formatNumber } from '../table.ts';
import type { Fleet } from './feed.ts';
import { createFleet } from './fleet.ts';
import { renderGuide } from './guide.ts';
import { sendHistory } from './history.ts';
import { feedFleet, feedMachine } from './live.ts';
import { createMachine } from './machine.ts';
import { readMemory, writeMemory } from './memory.ts';
import { createScenario } from './scenario.ts';
import { runHistoryJobs } from './seed.ts';
import type { TimeWindow } from './window.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

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
  const onFailure = (error: Error) => console.error(`not sent yet: ${error.message}`);
  const machineFeed = feedMachine(fleetcast, machine, { signal, onFailure });

  const { fleet, missing } = resume(folder, days, Date.now());
  await fillHistory(fleetcast, fleet, missing, folder, signal);
  let records = 0;
  const fleetFeed = feedFleet(fleetcast, fleet, missing.toMs, {
    signal,
    onFailure,
    onSent(sentUntilMs, count) {
      records += count;
      writeMemory(folder, { endMs: fleet.scenario.endMs, sentUntilMs });
      if (process.stdout.isTTY) process.stdout.write(`\r${formatNumber(records)} live records `);
    },
  });
  await Promise.all([machineFeed, fleetFeed, showResults()]);

  async function showResults(): Promise<void> {
    await runHistoryJobs(fleetcast, missing, signal);
    console.log(await renderGuide(fleetcast, url, fleet.scenario, machine));
  }
}

/** The fleet as the folder knows it, and what of its past has not been sent. */
function resume(folder: string, days: number, nowMs: number): { fleet: Fleet; missing: TimeWindow } {
  const toMs = Math.floor(nowMs / minuteMs) * minuteMs;
  const memory = readMemory(folder);
  const scenario = createScenario(memory?.endMs ?? toMs, days);
  const fromMs = Math.max(memory?.sentUntilMs ?? scenario.startMs, toMs - days * dayMs);
  return { fleet: { agents: createFleet(), scenario }, missing: { fromMs: Math.min(fromMs, toMs), toMs } };
}

async function fillHistory(
  fleetcast: FleetcastClient,
  fleet: Fleet,
  missing: TimeWindow,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const { endMs, startMs } = fleet.scenario;
  const isFirst = missing.fromMs === startMs;
  const days = Math.round((missing.toMs - missing.fromMs) / dayMs);
  const since = new Date(missing.fromMs).toISOString().slice(0, 16).replace('T', ' ');
  console.log(
    isFirst
      ? `${fleet.agents.length} agents, ${days} days of history:`
      : `The fleet of the last start goes on; its records since ${since} UTC are added:`,
  );
  const remember = (sentUntilMs: number) => writeMemory(folder, { endMs, sentUntilMs });
  await sendHistory(fleetcast, fleet, missing, { signal, onPiece: remember });
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
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
    try {
      await demo(options, stop.signal);
    } catch (error) {
      if (!stop.signal.aborted) command.error(`\n${explain(error, `http://127.0.0.1:${options.port}`)}`);
    }
    console.log('\nstopped');
  });

if (import.meta.main) await command.parseAsync();

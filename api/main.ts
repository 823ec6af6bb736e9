import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { startScheduler } from '../analytics/scheduler.ts';
import { watchPressure } from '../ingest/store-pressure.ts';
import { createLogger } from '../telemetry/log.ts';
import { startCardinalityWatch } from './cardinality-watch.ts';
import { compose } from './compose.ts';
import { type Config, loadConfig } from './config.ts';
import { listen } from './listen.ts';
import { observePressure } from './observe.ts';
import { startReplicaWatch } from './replica-watch.ts';
import { ConfigError } from './settings.ts';
import { startHelp } from './start-help.ts';
import { stopBudget } from './stop-budget.ts';
import { welcome } from './welcome.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// V8 collects the whole heap after every 64 MiB of buffers, which bodies are; counted like all else, they cost a tenth.
setFlagsFromString('--external-memory-accounted-in-global-limit');

/** Composes the service, and lets it do what it does by itself: watch, listen, run jobs. Shutdown is the reverse. */
async function main(config: Config): Promise<void> {
  const now = () => new Date();
  const holder = `${hostname()}:${process.pid}:${randomUUID().slice(0, 8)}`;

  const log = createLogger(config.logLevel);
  let stopping = false;
  const service = await compose({ config, log, version, holder, now, stopping: () => stopping });
  const { telemetry, state, writer, jobs, runner, metrics, health, app } = service;

  void service.backend.find();
  const stopWatch = await startCardinalityWatch({ ...config, ...service, log, now });
  const leave = await startReplicaWatch({ ...service, holder, log, now });
  const unwatch = watchPressure({
    store: telemetry,
    writer,
    ...config.ingest,
    onPressure: observePressure(metrics, health),
  });
  const server = await listen(app, config);
  const scheduler = config.jobs.enabled ? startScheduler(jobs, runner, log) : undefined;
  log.info(
    { url: server.url, telemetry: telemetry.engine, state: state.engine, version },
    `Fleetcast is ready on ${server.url}`,
  );
  if (process.stdout.isTTY) console.log(welcome(server.url, config));

  function failStop(error: unknown): never {
    log.error({ err: error }, 'could not stop in order');
    process.exit(1);
  }

  async function stop(signal: string): Promise<void> {
    if (stopping) return;
    stopping = true;
    const budget = stopBudget(config.stopSeconds);
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.error('not all work ended in time; what was not stored was not acknowledged');
      process.exit(1);
    }, budget.totalMs).unref();
    stopWatch();
    const left = leave();
    const jobsEnded = Promise.all([scheduler?.stop(), runner.stop()]);
    await server.close(budget.requestsMs);
    unwatch();
    await left;
    await service.close(budget);
    await jobsEnded;
    log.info('stopped');
    process.exit(0);
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal).catch(failStop));
}

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(startHelp(version));
  process.exit(0);
}
try {
  await main(loadConfig(undefined, undefined, args));
} catch (error) {
  if (error instanceof ConfigError) console.error(error.message);
  else console.error('Fleetcast could not start:', error);
  process.exit(1);
}

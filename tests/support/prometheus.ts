import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';
import { freePort } from './ports.ts';
import { findExecutable } from './servers.ts';
import { temporaryDirectory } from './temporary.ts';

export interface PrometheusServer {
  url: string;
  /** Asks its query API and gives the answer's `data`. */
  get<T>(path: string): Promise<T>;
  output(): string;
  stop(): Promise<void>;
}

/** Whether Prometheus is installed. */
export const hasPrometheus = (): boolean => findExecutable('prometheus') !== undefined;

/** Starts a Prometheus that scrapes itself twice a second and does what the given part of its configuration says. */
export async function startPrometheus(config: string): Promise<PrometheusServer> {
  const directory = temporaryDirectory();
  const address = `127.0.0.1:${await freePort()}`;
  const file = join(directory.path, 'prometheus.yml');
  writeFileSync(
    file,
    `global: { scrape_interval: 500ms }
scrape_configs: [{ job_name: prometheus, static_configs: [{ targets: ["${address}"] }] }]
${config}`,
  );
  const server = spawn(
    findExecutable('prometheus')!,
    [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(directory.path, 'data')}`,
      `--web.listen-address=${address}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let output = '';
  server.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  const exited = once(server, 'close');
  const killWithUs = () => void server.kill('SIGKILL');
  process.once('exit', killWithUs);
  const url = `http://${address}`;
  await eventually(async () => (await fetch(`${url}/-/ready`)).ok, { what: 'Prometheus' });
  return {
    url,
    async get<T>(path: string) {
      const response = await fetch(url + path);
      return ((await response.json()) as { data: T }).data;
    },
    output: () => output,
    async stop() {
      server.kill('SIGTERM');
      await exited;
      process.off('exit', killWithUs);
      directory.remove();
    },
  };
}

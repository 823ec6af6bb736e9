import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../..');

export interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

/** Runs a module, given as text with imports relative to the repository, in a process of its own until it ends. */
export async function runInProcess(script: string, ...argv: string[]): Promise<Ended> {
  const child = startProcess(script, ...argv);
  let [output, errors] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  child.stderr!.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output, errors };
}

/** Starts a module, given as text with imports relative to the repository; it ends with ours. */
export function startProcess(script: string, ...argv: string[]): ChildProcess {
  const command = ['--input-type=module-typescript', '-e', script, ...argv];
  const child = spawn(process.execPath, command, { cwd: repository, stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithUs = () => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.off('exit', killWithUs));
  return child;
}

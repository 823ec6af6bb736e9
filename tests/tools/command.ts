import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';

const repository = join(import.meta.dirname, '../..');

/** A command of ours that runs. */
export interface RunningCommand {
  process: ChildProcess;
  /** What it has written so far, to standard output and to standard error. */
  stdout(): string;
  stderr(): string;
  /** Resolves when standard output holds `text`; rejects when the command ends before. */
  says(text: string, timeoutMs?: number): Promise<void>;
  exitCode: Promise<number | null>;
}

/** Starts `node FILE ARGUMENTS` in the repository, as npm run does. */
export function startCommand(file: string, ...args: string[]): RunningCommand {
  const child = spawn(process.execPath, [join(repository, file), ...args], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text;
  });
  const killWithUs = () => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  let hasExited = false;
  const exitCode = once(child, 'close').then(([code]) => {
    process.off('exit', killWithUs);
    hasExited = true;
    return code as number | null;
  });
  return {
    process: child,
    stdout: () => written.stdout,
    stderr: () => written.stderr,
    async says(text, timeoutMs = 240_000) {
      await eventually(() => hasExited || written.stdout.includes(text), { what: `"${text}"`, timeoutMs });
      if (!written.stdout.includes(text))
        throw new Error(`it ended without ${text}:\n${written.stdout}\n${written.stderr}`);
    },
    exitCode,
  };
}

/** Runs a command to its end. */
export async function runCommand(
  file: string,
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const command = startCommand(file, ...args);
  const code = await command.exitCode;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

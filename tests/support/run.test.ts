import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryDirectory } from './temporary.ts';

interface Outcome {
  code: number;
  lastLine: string | undefined;
  output: string;
}

/** Runs `npm test`'s command over the given test files in a folder of their own. */
async function runOver(files: Record<string, string>): Promise<Outcome> {
  using directory = temporaryDirectory();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory.path, name), content);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST'));
  const env = { ...Object.fromEntries(inherited), TEST_DATABASE_URL: 'postgres://unused' };
  const command = [join(import.meta.dirname, 'run.ts'), '--root', directory.path, '--globals', '--pool', 'forks'];
  const { code, stdout } = await new Promise<{ code: number; stdout: string }>((resolve) => {
    const child = execFile(process.execPath, command, { env, cwd: directory.path }, (_error, stdout) => {
      resolve({ code: child.exitCode ?? -1, stdout });
    });
  });
  return { code, lastLine: stdout.trimEnd().split('\n').at(-1), output: stdout };
}

const passing = `test('a', () => {})`;

describe('npm test', () => {
  test('ends with the counts and code 0 when all passed', async () => {
    const files = { 'a.test.ts': passing, 'b.test.ts': `${passing}; test('b', ({ skip }) => skip('no moon is out'))` };
    const { code, lastLine, output } = await runOver(files);
    expect([code, lastLine]).toEqual([0, '2 passed, 0 failed, 1 skipped']);
    expect(output).toContain('skipped: b, because no moon is out');
  });

  test('counts a failed test, a file that does not load and a failed hook as failures', async () => {
    const { code, lastLine } = await runOver({
      'a.test.ts': `${passing}; test('b', () => { throw new Error('no') })`,
      'b.test.ts': `import './missing.ts'; ${passing}`,
      'c.test.ts': `afterAll(() => { throw new Error('no') }); ${passing}`,
    });
    expect([code, lastLine]).toEqual([1, '2 passed, 3 failed']);
  });

  test('counts an unhandled rejection and a dead worker as failures', async () => {
    const rejected = await runOver({ 'a.test.ts': `test('a', () => { Promise.reject(new Error('unseen')) })` });
    expect(rejected).toMatchObject({ code: 1, lastLine: expect.stringMatching(/^1 passed, [1-9]\d* failed$/) });
    const died = await runOver({
      'a.test.ts': `test('a', async () => { process.kill(process.pid, 'SIGKILL'); await new Promise(() => {}) })`,
    });
    expect(died).toMatchObject({ code: 1, lastLine: expect.stringMatching(/^0 passed, [1-9]\d* failed$/) });
  });

  test('fails when nothing ran', async () => {
    expect(await runOver({})).toMatchObject({ code: 1, lastLine: expect.stringMatching(/^0 passed, \d+ failed$/) });
    const skipped = await runOver({ 'a.test.ts': `test.skip('a', () => {})` });
    expect(skipped).toMatchObject({ code: 1, lastLine: '0 passed, 0 failed, 1 skipped' });
  });
});

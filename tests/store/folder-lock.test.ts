import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockFolder } from '../../store/folder-lock.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const module = join(import.meta.dirname, '../../store/folder-lock.ts');

test('a folder is for one process, until it lets go or is killed', async () => {
  using directory = temporaryDirectory();
  const code = `import { lockFolder } from ${JSON.stringify(module)}; lockFolder(${JSON.stringify(directory.path)}); console.log('held'); setInterval(() => {}, 1000);`;
  const holder = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    '--input-type=module-typescript',
    '-e',
    code,
  ]);
  await once(holder.stdout, 'data');
  expect(() => lockFolder(directory.path)).toThrow(/is locked by another process/);
  holder.kill('SIGKILL');
  await once(holder, 'close');
  const release = lockFolder(directory.path);
  expect(() => lockFolder(directory.path)).toThrow(/is locked/);
  release();
  lockFolder(directory.path)();
});

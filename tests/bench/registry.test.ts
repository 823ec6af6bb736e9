import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benches } from '../../bench/registry.ts';
import { runCommand } from '../tools/command.ts';

/** The command, the contract and the registry; every other file of the folder is a bench. */
const others = new Set(['main.ts', 'bench.ts', 'registry.ts']);

test('every bench is in the registry under the name of its file, with a description', () => {
  const files = readdirSync(join(import.meta.dirname, '../../bench')).filter(
    (name) => name.endsWith('.ts') && !others.has(name),
  );
  expect(benches.map(({ id }) => `${id}.ts`).sort()).toEqual(files.sort());
  for (const { description } of benches) expect(description).not.toBe('');
});

test('the help lists every bench', async () => {
  const { code, stdout } = await runCommand('bench/main.ts', '--help');
  expect(code).toBe(0);
  for (const { id } of benches) expect(stdout).toMatch(new RegExp(`^  ${id} `, 'm'));
});

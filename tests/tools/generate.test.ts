import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findDrifted, renderArtefacts } from '../../tools/generate.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const root = join(import.meta.dirname, '../..');

function generate(...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'tools/generate.ts'), ...args], { encoding: 'utf8' });
}

describe('the committed artefacts', () => {
  it('are what the code renders now (npm run generate writes them)', async () => {
    expect(await findDrifted(renderArtefacts(), root)).toEqual([]);
  });
});

describe('npm run generate', () => {
  it('writes every artefact, and a check right after it passes', () => {
    using directory = temporaryDirectory();
    const folder = directory.path;
    expect(generate('--root', folder).status).toBe(0);
    for (const { path, content } of renderArtefacts()) expect(readFileSync(join(folder, path), 'utf8')).toBe(content);
    expect(generate('--check', '--root', folder).status).toBe(0);
  });

  it('with --check exits 1, lists what is missing or differs, and writes nothing', () => {
    using directory = temporaryDirectory();
    const folder = directory.path;
    generate('--root', folder);
    const [changed, untouched] = renderArtefacts().map((artefact) => artefact.path);
    appendFileSync(join(folder, changed!), '# by hand\n');
    const { status, stderr } = generate('--check', '--root', folder);
    expect(status).toBe(1);
    expect(stderr).toContain(changed);
    expect(stderr).not.toContain(untouched);
    expect(readFileSync(join(folder, changed!), 'utf8')).toContain('# by hand');
  });

  it('puts the given console into the links of the alerts', () => {
    using directory = temporaryDirectory();
    const folder = directory.path;
    generate('--root', folder, '--console-url', 'https://fleet.example.org/');
    const rules = readFileSync(join(folder, 'alerts/generated/fleetcast.rules.yaml'), 'utf8');
    expect(rules).toContain('https://fleet.example.org/#/slos/');
    expect(rules).not.toContain('127.0.0.1');
  });

  it('shows examples in its help and refuses what it does not know', () => {
    expect(generate('--help').stdout).toContain('npm run generate -- --check');
    expect(generate('--chek').status).toBe(1);
  });
});

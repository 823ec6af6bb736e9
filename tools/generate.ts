import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { renderPrometheusRules } from '../alerts/prometheus.ts';
import { ruleGroups } from '../alerts/rules.ts';
import { fleetOverview } from '../dashboards/fleet-overview.ts';
import { renderGrafanaDashboard } from '../dashboards/grafana.ts';

/** A file that is generated and committed. */
export interface Artefact {
  /** From the root of the repository. */
  path: string;
  content: string;
}

/** Renders every generated file; the same source gives the same bytes. `consoleUrl` goes into the alerts' links. */
export function renderArtefacts({ consoleUrl }: { consoleUrl?: string } = {}): Artefact[] {
  return [
    {
      path: 'alerts/generated/fleetcast.rules.yaml',
      content: renderPrometheusRules(ruleGroups, consoleUrl ? { consoleUrl } : {}),
    },
    {
      path: 'dashboards/generated/fleet-overview.json',
      content: `${JSON.stringify(renderGrafanaDashboard(fleetOverview), null, 2)}\n`,
    },
  ];
}

/** The paths of those artefacts that are missing below `root` or differ there. */
export async function findDrifted(artefacts: readonly Artefact[], root: string): Promise<string[]> {
  const drifted: string[] = [];
  for (const { path, content } of artefacts) {
    const found = await readFile(join(root, path), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (found !== content) drifted.push(path);
  }
  return drifted;
}

interface GenerateOptions {
  check: boolean;
  root: string;
  consoleUrl?: string;
}

async function generate({ check, root, consoleUrl }: GenerateOptions): Promise<void> {
  const artefacts = renderArtefacts(consoleUrl ? { consoleUrl: consoleUrl.replace(/\/+$/, '') } : {});
  const drifted = await findDrifted(artefacts, root);
  if (check && drifted.length > 0) {
    console.error(`Not what the code renders now:\n${drifted.map((path) => `  ${path}`).join('\n')}`);
    console.error('Run `npm run generate` and commit the result.');
    process.exitCode = 1;
    return;
  }
  for (const { path, content } of check ? [] : artefacts) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  for (const { path } of artefacts) console.log(`${drifted.includes(path) ? 'written  ' : 'unchanged'} ${path}`);
}

if (import.meta.main) {
  await new Command('generate')
    .description(
      'Writes the Grafana dashboards and the Prometheus rules that are rendered from dashboards/ and alerts/.',
    )
    .option('--check', 'write nothing; exit 1 and list the files that differ from what would be written', false)
    .option('--root <folder>', 'the folder to write below', join(import.meta.dirname, '..'))
    .option('--console-url <url>', 'the address of the console in the links of alerts (default: this machine)')
    .addHelpText(
      'after',
      `
Examples:
  npm run generate                                        write the committed files
  npm run generate -- --check                             fail when they are out of date
  npm run generate -- --root /etc/fleetcast \\
    --console-url https://fleetcast.example.org           write them for your own deployment`,
    )
    .action(generate)
    .parseAsync();
}

import { Command } from 'commander';
import type { Bench } from './bench.ts';
import { benches } from './registry.ts';

interface Options extends Record<string, string | boolean | undefined> {
  json: boolean;
  quick: boolean;
}

async function runBench(bench: Bench, { json, quick, ...options }: Options): Promise<void> {
  const log = (text: string) => void process.stderr.write(`${text}\n`);
  const { report, text } = await bench.run({ isQuick: quick, log, options });
  console.log(json ? JSON.stringify(report) : text);
}

const command = new Command('bench').description('Measures Fleetcast on this machine.').addHelpText(
  'after',
  `
Examples:
  npm run bench -- smoke                a table
  npm run --silent bench -- smoke --json   one JSON object on standard output, progress on standard error`,
);
for (const bench of benches) {
  const benchCommand = command
    .command(bench.id)
    .description(bench.description)
    .option('--json', 'print one JSON object and nothing else', false)
    .option('--quick', 'a tiny setting that shows that the bench works; its numbers mean nothing', false)
    .action((options: Options) => runBench(bench, options));
  for (const { flag, description, isRequired = false, default: value } of bench.flags) {
    if (isRequired) benchCommand.requiredOption(flag, description, value);
    else benchCommand.option(flag, description, value);
  }
}

// The service and the temporary folder of a bench go with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

if (import.meta.main) await command.parseAsync();

import { configSchema } from './config.ts';
import { settingNames } from './settings.ts';

/** What `npm start -- --help` says: the one option, and every setting with its default, its variable and what is allowed. */
export function startHelp(version: string): string {
  const defaults: unknown = configSchema.parse({});
  const settings = settingNames(configSchema).map(
    ({ path, variable, allowed }) =>
      `  ${path.padEnd(32)} ${showDefault(defaults, path)}\n      ${variable}\n      ${allowed}`,
  );
  return `Fleetcast ${version}

Usage: npm start -- [--backend auto|native|wasm|cpu]

Settings come from fleetcast.yaml (or the file that FLEETCAST_CONFIG names), and over it from the environment.
Each with its default, its variable and what is allowed:

${settings.join('\n\n')}`;
}

function showDefault(defaults: unknown, path: string): string {
  let value = defaults;
  for (const key of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[key];
  return value === undefined ? '(not set)' : typeof value === 'string' ? value : JSON.stringify(value);
}

import { existsSync, readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

/** A setting that cannot be used; the message is the one line that the operator needs. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Read by our own clients, not by the service. */
const foreignVariables = new Set(['FLEETCAST_URL', 'FLEETCAST_API_KEY', 'FLEETCAST_CONFIG']);
const wellKnownVariables: Readonly<Record<string, string>> = {
  clickhouseUrl: 'CLICKHOUSE_URL',
  databaseUrl: 'DATABASE_URL',
};

/** Settings by name, as they were given. */
export type Settings = Record<string, unknown>;

/**
 * What the YAML file says, and over it what the environment says, unchecked.
 *
 * @throws ConfigError of a file that cannot be read, and of a variable that is no setting.
 */
export function readSettings(schema: z.ZodObject, environment: NodeJS.ProcessEnv, file: string | undefined): Settings {
  const settings = readFile(schema, file);
  applyEnvironment(schema, settings, environment);
  return settings;
}

function readFile(schema: z.ZodObject, file: string | undefined): Settings {
  const path = file ?? 'fleetcast.yaml';
  if (!existsSync(path)) {
    if (file !== undefined)
      throw new ConfigError(`FLEETCAST_CONFIG = ${JSON.stringify(file)}; allowed: a YAML file that exists`);
    return {};
  }
  let content: unknown;
  try {
    content = parseYaml(readFileSync(path, 'utf8'), { logLevel: 'error' }) ?? {};
  } catch (error) {
    throw new ConfigError(`${path} is not YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new ConfigError(`${path}: allowed: settings by name`);
  }
  // A section with nothing under it is null in YAML.
  const isEmptySection = (name: string, value: unknown) =>
    value === null && schema.shape[name] instanceof z.ZodPrefault;
  return Object.fromEntries(Object.entries(content).filter(([name, value]) => !isEmptySection(name, value)));
}

function applyEnvironment(schema: z.ZodType, settings: Settings, environment: NodeJS.ProcessEnv): void {
  const variables = new Map(leaves(schema).map((leaf) => [variableOf(leaf.path), leaf]));
  for (const [name, text] of Object.entries(environment)) {
    const leaf = variables.get(name);
    if (leaf === undefined) {
      if (name.startsWith('FLEETCAST_') && !foreignVariables.has(name)) {
        throw new ConfigError(`${name} is not a setting; allowed: ${[...variables.keys()].join(', ')}`);
      }
      continue;
    }
    if (text === undefined || text === '') continue;
    let target = settings;
    for (const key of leaf.path.slice(0, -1)) target = sectionOf(target, key);
    target[leaf.path.at(-1)!] = leaf.schema.safeParse(text).success ? text : readScalar(text);
  }
}

/** A section that is not settings by name stays as it is: the check of the whole will say so. */
function sectionOf(settings: Settings, key: string): Settings {
  settings[key] ??= {};
  const section = settings[key];
  return typeof section === 'object' ? (section as Settings) : {};
}

function readScalar(text: string): unknown {
  try {
    return parseYaml(text, { logLevel: 'error' });
  } catch {
    return text;
  }
}

/** One setting, as an operator names it. */
export interface SettingName {
  path: string;
  variable: string;
  allowed: string;
}

/** Every setting of a schema. */
export function settingNames(schema: z.ZodType): SettingName[] {
  return leaves(schema).map((leaf) => ({
    path: leaf.path.join('.'),
    variable: variableOf(leaf.path),
    allowed: allowedOf(leaf.schema),
  }));
}

/** What a setting says of itself; a default that was put around it hides that. */
function allowedOf(schema: z.ZodType): string {
  if (schema.description !== undefined || !(schema instanceof z.ZodDefault)) return schema.description ?? '';
  return allowedOf(schema.unwrap() as z.ZodType);
}

interface Leaf {
  path: string[];
  schema: z.ZodType;
}

function leaves(schema: z.ZodType, path: string[] = []): Leaf[] {
  const inner = schema instanceof z.ZodPrefault ? (schema.unwrap() as z.ZodType) : schema;
  if (!(inner instanceof z.ZodObject)) return [{ path, schema }];
  return Object.entries(inner.shape).flatMap(([key, value]) => leaves(value as z.ZodType, [...path, key]));
}

function variableOf(path: readonly string[]): string {
  const snake = path
    .join('_')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase();
  return wellKnownVariables[path.join('.')] ?? `FLEETCAST_${snake}`;
}

/** Says of a failed check which setting it is, what it is now and what is allowed. */
export function refusalOf(schema: z.ZodType, issue: z.core.$ZodIssue, settings: Settings): ConfigError {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const key = [...path, issue.keys[0]].join('.');
    return new ConfigError(
      `${key} is not a setting; allowed: ${leaves(schema)
        .map((leaf) => leaf.path.join('.'))
        .join(', ')}`,
    );
  }
  const leaf = leaves(schema).find((candidate) => candidate.path.every((key, i) => key === path[i]));
  const named = leaf?.path ?? path;
  let value: unknown = settings;
  for (const key of named) value = (value as Settings | undefined)?.[key];
  const name = leaf === undefined ? named.join('.') : `${named.join('.')} (${variableOf(named)})`;
  return new ConfigError(
    `${name} = ${show(named, value)}; allowed: ${leaf === undefined ? 'settings by name' : allowedOf(leaf.schema)}`,
  );
}

/** A value as the operator may read it in a log: no key, no token, no password of a URL. */
function show(path: readonly string[], value: unknown): string {
  if (/key$|token$/i.test(path.at(-1) ?? '')) return '(hidden)';
  return (JSON.stringify(value) ?? 'nothing').replace(/:.*@/s, ':(hidden)@');
}

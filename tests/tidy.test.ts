import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const rooms = [
  'models',
  'store',
  'ingest',
  'analytics',
  'alerts',
  'dashboards',
  'api',
  'telemetry',
  'console',
  'sdk',
  'tools',
  'bench',
  'tests',
] as const;
type Room = (typeof rooms)[number];

/** What each room may import beside itself and packages: DESIGN in one table. */
const mayImport: Record<Room, readonly Room[]> = {
  telemetry: [],
  models: [],
  store: ['models', 'telemetry'],
  ingest: ['store', 'models', 'telemetry'],
  analytics: ['store', 'models', 'telemetry'],
  alerts: ['store', 'models', 'telemetry'],
  dashboards: ['store', 'models', 'telemetry'],
  api: ['ingest', 'analytics', 'alerts', 'dashboards', 'store', 'models', 'telemetry'],
  /** Types alone, which do not reach the browser. */
  console: ['telemetry', 'sdk'],
  sdk: [],
  tools: ['api', 'ingest', 'analytics', 'alerts', 'dashboards', 'store', 'models', 'telemetry', 'sdk'],
  bench: ['api', 'ingest', 'analytics', 'alerts', 'dashboards', 'store', 'models', 'telemetry', 'sdk', 'tools'],
  tests: rooms,
};

interface SourceFile {
  path: string;
  room: Room | undefined;
  text: string;
  imports: string[];
}

const files: SourceFile[] = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !/^(node_modules|data|coverage)(\/|\\)/.test(path))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const imports = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);
    return { path, room: rooms.find((room) => path.startsWith(room + sep)), text, imports };
  });

const product = files.filter(({ room }) => room !== undefined && room !== 'tests');

/** The room that a relative import leads into. */
function roomOfImport({ path }: SourceFile, specifier: string): string {
  return relative(root, normalize(join(root, dirname(path), specifier))).split(sep)[0]!;
}

/** The files that hold `pattern`, but for those of `except`. */
function filesWith(pattern: RegExp, except: RegExp, among: readonly SourceFile[] = product): string[] {
  return among.filter(({ path, text }) => !except.test(path) && pattern.test(text)).map(({ path }) => path);
}

/** The files that import a package whose name begins with one of `names`, but for those of `except`. */
function importersOf(names: readonly string[], except: RegExp): string[] {
  return product
    .filter(
      ({ path, imports }) =>
        !except.test(path) &&
        imports.some((specifier) => names.some((name) => specifier === name || specifier.startsWith(`${name}/`))),
    )
    .map(({ path }) => path);
}

describe('imports run one way', () => {
  for (const room of rooms) {
    test(`${room} imports only ${['itself', ...mayImport[room]].join(', ')} and packages`, () => {
      const wrong = files
        .filter((file) => file.room === room)
        .flatMap((file) =>
          file.imports
            .filter((specifier) => specifier.startsWith('.'))
            .map((specifier) => ({ file: file.path, into: roomOfImport(file, specifier) }))
            .filter(({ into }) => into !== room && into !== 'package.json' && !mayImport[room].includes(into as Room)),
        );
      expect(wrong).toEqual([]);
    });
  }
});

describe('each outside thing has one door', () => {
  test('the environment is read in api/config.ts alone, and by the commands in tools and bench', () => {
    expect(filesWith(/\bprocess\.env\b/, /^(api\/config\.ts|tools\/|bench\/)/)).toEqual([]);
  });
  test('only store/ names the packages of the databases', () => {
    expect(importersOf(['@clickhouse/client', 'chdb', 'kysely', 'pg', 'node:sqlite'], /^store\//)).toEqual([]);
  });
  test('only models/networks names TensorFlow.js', () => {
    expect(importersOf(['@tensorflow'], /^models\/networks\//)).toEqual([]);
    expect(filesWith(/['"]@tensorflow\//, /^models\/networks\//)).toEqual([]);
  });
  test('only models/language names the language models', () => {
    expect(importersOf(['ollama', '@huggingface/inference'], /^models\/language\//)).toEqual([]);
  });
  test('of models, only models/language talks to a network', () => {
    const models = product.filter(({ room }) => room === 'models');
    expect(filesWith(/\bfetch\(|from 'node:(http|https|net|dns)'/, /^models\/language\//, models)).toEqual([]);
  });
});

describe('models are functions of their input', () => {
  test('no clock and no unseeded chance in models/', () => {
    const models = product.filter(({ room }) => room === 'models');
    expect(filesWith(/\bDate\.now\(\)|new Date\(\)|Math\.random\(/, /^$/, models)).toEqual([]);
  });
  test('the clock is read in main.ts alone, of what the service runs', () => {
    const service = product.filter(
      ({ room }) => room !== undefined && !['tools', 'bench', 'console', 'sdk'].includes(room),
    );
    expect(filesWith(/\bDate\.now\(\)|new Date\(\)/, /^api\/main\.ts$/, service)).toEqual([]);
  });
});

describe('the style of the tree', () => {
  test('no default exports but where a tool asks for one', () => {
    expect(filesWith(/^export default\b/m, /^vitest\.config\.ts$/, files)).toEqual([]);
  });
  test('no `export *`', () => {
    expect(filesWith(/^export \*/m, /^$/, files)).toEqual([]);
  });
  test('no file or folder named utils, common or helpers', () => {
    expect(
      files.map(({ path }) => path).filter((path) => /(^|[/\\])(utils?|common|helpers?|misc)(\.|[/\\])/.test(path)),
    ).toEqual([]);
  });
  test('nobody asks whether this is a test', () => {
    expect(filesWith(/NODE_ENV|VITEST/, /^$/)).toEqual([]);
  });
  test('no file of the product is longer than 320 lines', () => {
    const long = product
      .map(({ path, text }) => ({ path, lines: text.split('\n').length }))
      .filter(({ lines }) => lines > 320);
    expect(long).toEqual([]);
  });
  test('no `any`, no `@ts-ignore`', () => {
    const code = files.map((file) => ({ ...file, text: file.text.replace(/\/\*[\s\S]*?\*\//g, '') }));
    expect(filesWith(/:\s*any\s*[;,)=\]}|&>]|<any>|as any\b|@ts-ignore|@ts-nocheck/, /^tests\/tidy/, code)).toEqual([]);
  });
});

describe('every room is inhabited', () => {
  for (const room of rooms) {
    test(`${room} has a file`, () => {
      expect(files.some((file) => file.room === room)).toBe(true);
    });
  }
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml, stringify } from 'yaml';
import { configSchema, isLoopback, loadConfig } from '../../api/config.ts';
import { ConfigError } from '../../api/settings.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** The settings of a YAML file, with an environment over it. */
function load(yaml: string | object, environment: Record<string, string> = {}) {
  using directory = temporaryDirectory();
  const file = join(directory.path, 'fleetcast.yaml');
  writeFileSync(file, typeof yaml === 'string' ? yaml : stringify(yaml));
  return loadConfig(environment, file);
}

/** The one line with which a start would end. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    expect(message.split('\n'), 'one line').toHaveLength(1);
    return message;
  }
  throw new Error('it was not refused');
}

/** Every variable there is, as the refusal of an unknown one lists them. */
const variables = refusal(() => load('', { FLEETCAST_NO_SUCH_SETTING: '1' }))
  .split('allowed: ')[1]!
  .split(', ');

describe('defaults', () => {
  const defaults = {
    host: '127.0.0.1',
    port: 5005,
    auth: 'none',
    dataDir: './data',
    clickhouseUrl: 'chdb:./data/clickhouse',
    databaseUrl: 'sqlite:./data/state.db',
    logLevel: 'info',
    ingest: {
      maxBodyBytes: 8 * 1024 * 1024,
      drainAgeMs: 1000,
      spoolMaxBytes: 1024 ** 3,
      segmentMaxBytes: 8 * 1024 * 1024,
      maxPendingBytes: 64 * 1024 * 1024,
      maxBodiesBytes: 256 * 1024 * 1024,
      dedupRecords: 1_000_000,
      minFreeDiskBytes: 256 * 1024 * 1024,
      quarantineDays: 30,
      maxPastDays: 400,
      maxFutureSeconds: 600,
      clampFutureSeconds: 3600,
    },
    cardinality: {
      maxSeries: 500_000,
      maxSeriesPerAgent: 50_000,
      maxNewSeriesPerMinute: 100_000,
      maxAgents: 50_000,
      maxLabels: 32,
      maxLabelNameLength: 100,
      maxLabelValueLength: 500,
      activeHours: 24,
    },
    stopSeconds: 9,
    stream: { stallSeconds: 30 },
    clickhouse: { readTimeoutSeconds: 20, insertTimeoutSeconds: 10 },
    limits: { burstSeconds: 10 },
    detection: { alarmsPerSeriesPerWeek: 0.5 },
    audit: { keepDays: 400 },
    retention: { rawDays: 90, rollupDays: 400 },
    liveness: { lateFactor: 2, downFactor: 4, settleSeconds: 600, forgetAfterDays: 7 },
    jobs: {
      enabled: true,
      latenessSeconds: 30,
      excludeMetrics: ['agent_up_ratio', 'task_queue_change'],
      excludeFromForecast: ['agent_heartbeat_gap_seconds', 'tasks_failed_total', 'tasks_dead_total'],
    },
    models: {
      agentDetector: 'neighbours',
      backend: 'auto',
      threads: 2,
      maxMemoryMb: 1024,
      taskTimeoutSeconds: 600,
      onDemandSeconds: 60,
      onDemandRequests: 8,
    },
    language: { provider: 'none', timeoutSeconds: 30 },
  };

  test('hold where nothing is set', () => {
    expect(load('')).toEqual(defaults);
    expect(load('# nothing but a comment\n')).toEqual(defaults);
  });

  test('hold in a section that is empty, or of which only some is set', () => {
    expect(load('ingest:\n  # drainAgeMs: 5\nretention: { rawDays: 7 }\n')).toEqual({
      ...defaults,
      retention: { rawDays: 7, rollupDays: 400 },
    });
  });

  test('put the embedded stores into the data folder', () => {
    expect(load({ dataDir: '/var/lib/fleetcast' })).toMatchObject({
      clickhouseUrl: 'chdb:/var/lib/fleetcast/clickhouse',
      databaseUrl: 'sqlite:/var/lib/fleetcast/state.db',
    });
  });
});

describe('the environment', () => {
  test('goes before the file, setting by setting', () => {
    const config = load(
      { port: 1, logLevel: 'warn', ingest: { drainAgeMs: 1, dedupRecords: 2000 } },
      { FLEETCAST_PORT: '2', FLEETCAST_INGEST_DRAIN_AGE_MS: '2' },
    );
    expect(config).toMatchObject({ port: 2, logLevel: 'warn', ingest: { drainAgeMs: 2, dedupRecords: 2000 } });
  });

  test('reaches every setting: numbers, switches, lists, names and URLs', () => {
    const config = load('', {
      FLEETCAST_HOST: 'localhost',
      FLEETCAST_AUTH: 'required',
      FLEETCAST_BOOTSTRAP_KEY: '123456789012345678901234',
      FLEETCAST_JOBS_ENABLED: 'false',
      FLEETCAST_JOBS_EXCLUDE_METRICS: '[a, b]',
      FLEETCAST_LIVENESS_LATE_FACTOR: '1.5',
      FLEETCAST_LANGUAGE_PROVIDER: 'ollama',
      FLEETCAST_LANGUAGE_MODEL: '4',
      FLEETCAST_LANGUAGE_URL: 'http://127.0.0.1:11434',
      CLICKHOUSE_URL: 'https://user:secret@ch:8443/fleet',
      DATABASE_URL: 'postgres://user:secret@pg/fleet',
    });
    expect(config).toMatchObject({
      host: 'localhost',
      auth: 'required',
      bootstrapKey: '123456789012345678901234',
      jobs: { enabled: false, excludeMetrics: ['a', 'b'] },
      liveness: { lateFactor: 1.5 },
      language: { provider: 'ollama', model: '4', url: 'http://127.0.0.1:11434' },
      clickhouseUrl: 'https://user:secret@ch:8443/fleet',
      databaseUrl: 'postgres://user:secret@pg/fleet',
    });
  });

  test('leaves a setting alone where the variable is empty, and variables of others too', () => {
    const others = { FLEETCAST_URL: 'http://x', FLEETCAST_API_KEY: 'k', PATH: '/bin', CLICKHOUSE_USER: 'x' };
    expect(load('', { FLEETCAST_PORT: '', ...others }).port).toBe(5005);
  });

  test('names the file by FLEETCAST_CONFIG, which must then exist', () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'other.yaml');
    writeFileSync(file, 'port: 7');
    expect(loadConfig({ FLEETCAST_CONFIG: file }).port).toBe(7);
    const missing = join(directory.path, 'missing.yaml');
    expect(refusal(() => loadConfig({ FLEETCAST_CONFIG: missing }))).toBe(
      `FLEETCAST_CONFIG = "${missing}"; allowed: a YAML file that exists`,
    );
  });

  test('has one variable for each setting, and no two settings share one', () => {
    const settings = (value: unknown, path: string[] = []): string[] =>
      value instanceof Object && !Array.isArray(value)
        ? Object.entries(value).flatMap(([key, inner]) => settings(inner, [...path, key]))
        : [path.join('.')];
    const unset = {
      bootstrapKey: '',
      clickhouseUrl: '',
      databaseUrl: '',
      ingest: { maxMemoryBytes: '' },
      limits: { requestsPerSecond: '', recordsPerSecond: '' },
      language: { url: '', model: '', token: '' },
    };
    const all = new Set([...settings(configSchema.parse({})), ...settings(unset)]);
    expect(new Set(variables).size).toBe(variables.length);
    expect(variables).toHaveLength(all.size);
  });
});

describe('a wrong value', () => {
  test.each<[string, object, string]>([
    [
      'a port above the last',
      { port: 65_536 },
      'port (FLEETCAST_PORT) = 65536; allowed: a port from 0 to 65535; 0 takes any free one',
    ],
    [
      'a port that is text',
      { port: 'http' },
      'port (FLEETCAST_PORT) = "http"; allowed: a port from 0 to 65535; 0 takes any free one',
    ],
    [
      'an unknown choice',
      { auth: 'maybe' },
      'auth (FLEETCAST_AUTH) = "maybe"; allowed: none or required; none only on a loopback address',
    ],
    [
      'a fraction',
      { ingest: { dedupRecords: 1.5 } },
      'ingest.dedupRecords (FLEETCAST_INGEST_DEDUP_RECORDS) = 1.5; allowed: 1000 to 100000000 samples that are known again when they are sent again, and a quarter as many of each other kind; 50 bytes each',
    ],
    ['nothing', { host: null }, 'host (FLEETCAST_HOST) = null; allowed: an address to listen on'],
    [
      'a switch that is text',
      { jobs: { enabled: 'yes' } },
      'jobs.enabled (FLEETCAST_JOBS_ENABLED) = "yes"; allowed: true or false',
    ],
    [
      'a list with something else in it',
      { jobs: { excludeMetrics: ['a', 1] } },
      'jobs.excludeMetrics (FLEETCAST_JOBS_EXCLUDE_METRICS) = ["a",1]; allowed: a list of metrics that are neither scored nor forecast',
    ],
    [
      'days that are none',
      { retention: { rawDays: 0 } },
      'retention.rawDays (FLEETCAST_RETENTION_RAW_DAYS) = 0; allowed: raw data: whole days from 1 to 3650',
    ],
    ['a section that is a number', { ingest: 5 }, 'ingest = 5; allowed: settings by name'],
    ['a section that is a list', { ingest: [] }, 'ingest = []; allowed: settings by name'],
    [
      'a URL of something else',
      { clickhouseUrl: 'tcp://ch:9000' },
      'clickhouseUrl (CLICKHOUSE_URL) = "tcp://ch:9000"; allowed: chdb:PATH or http(s)://user:password@host:8123/database; by default chdb in the data folder',
    ],
    [
      'a URL that is none',
      { databaseUrl: 'postgres://host:port' },
      'databaseUrl (DATABASE_URL) = "postgres://host:port"; allowed: sqlite:PATH or postgres://user:password@host:5432/database; by default sqlite in the data folder',
    ],
    [
      'a model that is missing',
      { language: { provider: 'ollama' } },
      'language.model (FLEETCAST_LANGUAGE_MODEL) = nothing; allowed: the name of a model that ollama serves',
    ],
    [
      'down before late',
      { liveness: { lateFactor: 4 } },
      'liveness.downFactor = 4; allowed: more than liveness.lateFactor (4)',
    ],
  ])('is told in one line with key, value and what is allowed: %s', (_title, settings, line) => {
    expect(refusal(() => load(settings))).toBe(line);
  });

  test('of the environment is told in the same words, also where the file has a wrong section', () => {
    expect(refusal(() => load('', { FLEETCAST_INGEST_DRAIN_AGE_MS: 'soon' }))).toBe(
      'ingest.drainAgeMs (FLEETCAST_INGEST_DRAIN_AGE_MS) = "soon"; allowed: how long records wait in the spool for company, when nobody waits to read them: 0 to 60000 milliseconds',
    );
    expect(refusal(() => load('ingest: 5', { FLEETCAST_INGEST_DRAIN_AGE_MS: '1' }))).toMatch(/^ingest = 5;/);
  });

  test.each<[string, object, string]>([
    ['at the top', { prot: 1 }, 'prot is not a setting; allowed: host, port, '],
    ['in a section', { ingest: { flushAge: 1 } }, 'ingest.flushAge is not a setting; allowed: host, port, '],
  ])('an unknown key %s is named, with the keys that there are', (_title, settings, beginning) => {
    const line = refusal(() => load(settings));
    expect(line.startsWith(beginning)).toBe(true);
    expect(line).toContain('ingest.drainAgeMs');
  });

  test('a file that is not YAML, or not settings, is named', () => {
    expect(refusal(() => load('port: [1'))).toMatch(/fleetcast\.yaml is not YAML: /);
    expect(refusal(() => load('port: 1\nport: 2'))).toMatch(/fleetcast\.yaml is not YAML: /);
    expect(refusal(() => load('- port'))).toMatch(/fleetcast\.yaml: allowed: settings by name$/);
    expect(refusal(() => load('port'))).toMatch(/fleetcast\.yaml: allowed: settings by name$/);
  });
});

describe('secrets', () => {
  const secret = 'hunter2';

  test.each<[string, object]>([
    ['a key that is too short', { bootstrapKey: secret }],
    ['a token of a wrong type', { language: { token: [secret] } }],
    ['the password of a URL', { clickhouseUrl: `tcp://user:${secret}@host` }],
    ['a password with a slash and an @', { databaseUrl: `mysql://user:p/${secret}@${secret}@host/db` }],
    ['a password in a URL that is none', { databaseUrl: `postgres://user:${secret}@host:port` }],
    ['a password without a scheme', { clickhouseUrl: `user:${secret}@host` }],
    ['the password of the language server', { language: { url: `http://user:${secret}@host` } }],
    ['a URL in a list', { clickhouseUrl: [`http://user:${secret}@host`] }],
  ])('are not shown: %s', (_title, settings) => {
    expect(refusal(() => load(settings))).not.toContain(secret);
  });

  test('in URLs are never shown, whatever characters they are made of', () => {
    const passwords = fc
      .string({ minLength: 8, maxLength: 20 })
      .map((text) => `${text.replaceAll(/["\\]/g, '')}-needle-`);
    fc.assert(
      fc.property(passwords, (password) => {
        expect(refusal(() => loadConfig({ CLICKHOUSE_URL: `ftp://user:${password}@host/db` }))).not.toContain('needle');
      }),
    );
  });
});

describe('the address', () => {
  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s is loopback, and needs no authentication', (host) => {
    expect(isLoopback(host)).toBe(true);
    expect(load({ host }).host).toBe(host);
  });

  test.each([
    '0.0.0.0',
    '::',
    '192.168.1.1',
    '10.0.0.1',
    'example.org',
    '128.0.0.1',
    '127.0.0.1.example.org',
    'localhost.example.org',
    '::ffff:10.0.0.1',
  ])('%s is refused without authentication, and taken with it', (host) => {
    expect(refusal(() => load({ host }))).toBe(
      `host = "${host}" is reachable from other machines; allowed: a loopback address (127.0.0.1, ::1, localhost), or auth = "required"`,
    );
    expect(load({ host, auth: 'required' }).host).toBe(host);
  });
});

test('any text in any variable is a setting or a refusal in one line', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.constantFrom('null', '{}', '[]', '0x10', '1e999', '.nan', '*a', '&a b', '!!binary x', '2026-01-01', '"', '- 1'),
  );
  fc.assert(
    fc.property(fc.constantFrom(...variables), texts, (name, text) => {
      try {
        loadConfig({ [name]: text });
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        expect((error as Error).message).not.toContain('\n');
      }
    }),
    { numRuns: 500 },
  );
});

test('any YAML at all is settings or a refusal in one line', () => {
  const values = fc.dictionary(
    fc.constantFrom('host', 'ingest', 'jobs', 'language', 'clickhouseUrl', 'x'),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(values, (settings) => {
      const text = stringify(settings);
      fc.pre(parseYaml(text) !== undefined);
      try {
        load(text, { FLEETCAST_JOBS_ENABLED: 'true', FLEETCAST_INGEST_DRAIN_AGE_MS: '5' });
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        expect((error as Error).message).not.toContain('\n');
      }
    }),
    { numRuns: 300 },
  );
});

describe('arguments of the command line', () => {
  const from = (...args: string[]) => loadConfig({ FLEETCAST_MODELS_BACKEND: 'wasm' }, undefined, args);

  test('stand above the environment', () => {
    expect(from('--backend', 'cpu').models.backend).toBe('cpu');
    expect(from('--backend=native').models.backend).toBe('native');
    expect(from().models.backend).toBe('wasm');
  });

  test('that are wrong end the start with one line that says what is allowed', () => {
    for (const args of [['--backend', 'gpu'], ['--backend'], ['--port', '80'], ['serve']])
      expect(refusal(() => from(...args))).toMatch(/auto, native, wasm or cpu/);
  });
});

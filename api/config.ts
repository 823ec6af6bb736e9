import { parseArgs } from 'node:util';
import { z } from 'zod';
import { chosenMultivariate, multivariateIds } from '../models/multivariate/registry.ts';
import { cardinalitySettings } from './cardinality-settings.ts';
import { ConfigError, readSettings, refusalOf } from './settings.ts';

const days = (text: string) => z.number().int().min(1).max(3650).describe(`${text}: whole days from 1 to 3650`);

/** The URL of a store, told by how it begins; what names a server must be a URL. */
const storeUrl = (beginning: RegExp) =>
  z.string().refine((text) => beginning.test(text) && (!text.includes('//') || URL.canParse(text)));

const mebibyte = 1024 * 1024;

/** Every setting, its default, and in its description what is allowed. Secrets come from the environment. */
export const configSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('an address to listen on'),
  port: z.number().int().min(0).max(65_535).default(5005).describe('a port from 0 to 65535; 0 takes any free one'),
  auth: z.enum(['none', 'required']).default('none').describe('none or required; none only on a loopback address'),
  bootstrapKey: z
    .string()
    .min(24)
    .optional()
    .describe('an API key of at least 24 characters with every scope, stored hashed at the start'),
  dataDir: z.string().min(1).default('./data').describe('a folder for the embedded stores'),
  clickhouseUrl: storeUrl(/^(chdb:.|https?:\/\/.)/)
    .optional()
    .describe('chdb:PATH or http(s)://user:password@host:8123/database; by default chdb in the data folder'),
  databaseUrl: storeUrl(/^(sqlite:.|postgres(ql)?:\/\/.)/)
    .optional()
    .describe('sqlite:PATH or postgres://user:password@host:5432/database; by default sqlite in the data folder'),
  stopSeconds: z
    .number()
    .min(1)
    .max(600)
    .default(9)
    .describe('1 to 600 seconds in which the service ends when it is told to; less than whoever stops it waits'),
  clickhouse: z
    .strictObject({
      readTimeoutSeconds: z
        .number()
        .min(0.1)
        .max(600)
        .default(20)
        .describe('after how long a query that a request waits for is given up on a server: 0.1 to 600 seconds'),
      insertTimeoutSeconds: z
        .number()
        .min(0.1)
        .max(600)
        .default(10)
        .describe(
          'after how long records are sent again to a server that does not answer; twice that the next time, up to 60: 0.1 to 600 seconds',
        ),
    })
    .prefault({}),
  logLevel: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'])
    .default('info')
    .describe('fatal, error, warn, info, debug or silent'),
  ingest: z
    .strictObject({
      maxBodyBytes: z
        .number()
        .int()
        .min(1024)
        .max(256 * 1024 * 1024)
        .default(8 * 1024 * 1024)
        .describe('1024 to 268435456 bytes, after decompression'),
      drainAgeMs: z
        .number()
        .min(0)
        .max(60_000)
        .default(1000)
        .describe(
          'how long records wait in the spool for company, when nobody waits to read them: 0 to 60000 milliseconds',
        ),
      spoolMaxBytes: z
        .number()
        .int()
        .min(mebibyte)
        .max(1024 * 1024 * mebibyte)
        .default(1024 * mebibyte)
        .describe('1048576 to 1099511627776 bytes on the disk for records that ClickHouse has not taken yet'),
      segmentMaxBytes: z
        .number()
        .int()
        .min(65_536)
        .max(256 * mebibyte)
        .default(8 * mebibyte)
        .describe('65536 to 268435456 bytes of records that are stored as one block'),
      maxPendingBytes: z
        .number()
        .int()
        .min(mebibyte)
        .max(4096 * mebibyte)
        .default(64 * mebibyte)
        .describe('1048576 to 4294967296 bytes in memory that wait for the disk'),
      maxBodiesBytes: z
        .number()
        .int()
        .min(mebibyte)
        .max(65_536 * mebibyte)
        .default(256 * mebibyte)
        .describe('1048576 to 68719476736 bytes of the bodies of requests that are worked on at a time'),
      maxMemoryBytes: z
        .number()
        .int()
        .min(256 * mebibyte)
        .optional()
        .describe(
          'at least 268435456 bytes; with more memory in use nothing is taken; by default nine tenths of what there is',
        ),
      dedupRecords: z
        .number()
        .int()
        .min(1000)
        .max(100_000_000)
        .default(1_000_000)
        .describe(
          '1000 to 100000000 samples that are known again when they are sent again, and a quarter as many of each other kind; 50 bytes each',
        ),
      minFreeDiskBytes: z
        .number()
        .int()
        .min(0)
        .max(1024 * 1024 * mebibyte)
        .default(256 * mebibyte)
        .describe('0 to 1099511627776 bytes; with less free on its disk, ClickHouse gets no more records'),
      quarantineDays: days('how long refused records are kept').default(30),
      maxPastDays: days('how old a record may be').default(400),
      maxFutureSeconds: z.number().min(0).max(86_400).default(600).describe('0 to 86400 seconds'),
      clampFutureSeconds: z
        .number()
        .min(0)
        .max(86_400)
        .default(3600)
        .describe(
          'so far beyond maxFutureSeconds, samples and events are moved back by quarter hours: 0 to 86400 seconds; 0 never',
        ),
    })
    .prefault({}),
  cardinality: cardinalitySettings,
  limits: z
    .strictObject({
      requestsPerSecond: z.number().min(0.01).max(1e6).optional().describe('0.01 to 1000000 requests of a key'),
      recordsPerSecond: z.number().min(0.01).max(1e9).optional().describe('0.01 to 1000000000 records of a key'),
      burstSeconds: z
        .number()
        .min(1)
        .max(3600)
        .default(10)
        .describe('so much of its rate a key may use at once: 1 to 3600 seconds'),
    })
    .prefault({}),
  audit: z.strictObject({ keepDays: days('what was changed by whom').default(400) }).prefault({}),
  retention: z
    .strictObject({ rawDays: days('raw data').default(90), rollupDays: days('rollups and results').default(400) })
    .prefault({}),
  liveness: z
    .strictObject({
      lateFactor: z.number().min(1).max(100).default(2).describe('1 to 100 heartbeat intervals'),
      downFactor: z.number().min(1).max(1000).default(4).describe('1 to 1000 heartbeat intervals'),
      settleSeconds: z
        .number()
        .min(0)
        .max(86_400)
        .default(600)
        .describe('0 to 86400 seconds for which an agent is called new, or recovered after it was down'),
      forgetAfterDays: days('an agent that is silent for so long is no longer expected').default(7),
    })
    .prefault({}),
  jobs: z
    .strictObject({
      enabled: z.boolean().default(true).describe('true or false'),
      latenessSeconds: z.number().min(0).max(86_400).default(30).describe('0 to 86400 seconds'),
      excludeMetrics: z
        .array(z.string())
        .default(['agent_up_ratio', 'task_queue_change'])
        .describe('a list of metrics that are neither scored nor forecast'),
      excludeFromForecast: z
        .array(z.string())
        .default(['agent_heartbeat_gap_seconds', 'tasks_failed_total', 'tasks_dead_total'])
        .describe('a list of metrics that are scored but not forecast'),
    })
    .prefault({}),
  detection: z
    .strictObject({
      alarmsPerSeriesPerWeek: z
        .number()
        .min(0.01)
        .max(100)
        .default(0.5)
        .describe('0.01 to 100 alarms a week and series, in the long run'),
    })
    .prefault({}),
  models: z
    .strictObject({
      backend: z.enum(['auto', 'native', 'wasm', 'cpu']).default('auto').describe('auto, native, wasm or cpu'),
      agentDetector: z.enum(multivariateIds).default(chosenMultivariate).describe(multivariateIds.join(', ')),
      threads: z.number().int().min(1).max(64).default(2).describe('1 to 64 worker threads'),
      maxMemoryMb: z.number().int().min(128).max(65_536).default(1024).describe('128 to 65536 MB a worker'),
      taskTimeoutSeconds: z.number().min(1).max(86_400).default(600).describe('1 to 86400 seconds'),
      onDemandSeconds: z
        .number()
        .min(1)
        .max(600)
        .default(60)
        .describe('how long a request may wait for a computation: 1 to 600 seconds'),
      onDemandRequests: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .default(8)
        .describe('so many requests may wait for a computation at a time: 1 to 1000'),
    })
    .prefault({}),
  stream: z
    .strictObject({
      stallSeconds: z
        .number()
        .min(0.1)
        .max(600)
        .default(30)
        .describe('a client of /v1/stream that takes nothing for so long is cut off: 0.1 to 600 seconds'),
    })
    .prefault({}),
  language: z
    .strictObject({
      provider: z.enum(['none', 'ollama', 'huggingface']).default('none').describe('none, ollama or huggingface'),
      url: z
        .url({ protocol: /^https?$/ })
        .refine((text) => !text.includes('@'))
        .optional()
        .describe('the base URL of the server: http or https, without user and password'),
      model: z.string().min(1).optional().describe('the name of a model'),
      token: z.string().min(1).optional().describe('a token, from the environment'),
      timeoutSeconds: z.number().min(1).max(300).default(30).describe('1 to 300 seconds'),
    })
    .prefault({}),
});

type Parsed = z.output<typeof configSchema>;
export type Config = Omit<Parsed, 'clickhouseUrl' | 'databaseUrl'> & { clickhouseUrl: string; databaseUrl: string };

/**
 * Reads the settings: defaults, then the YAML file, then the environment. The variable of `ingest.maxBodyBytes` is
 * `FLEETCAST_INGEST_MAX_BODY_BYTES`; the stores are `CLICKHOUSE_URL` and `DATABASE_URL`.
 *
 * @param file the YAML file; by default `FLEETCAST_CONFIG`, or `fleetcast.yaml` where it exists.
 * @param args of the command line: `--backend NAME` stands above all else.
 * @throws ConfigError whose message names the key, the value and what is allowed.
 */
export function loadConfig(
  environment: NodeJS.ProcessEnv = process.env,
  file = environment.FLEETCAST_CONFIG,
  args: readonly string[] = [],
): Config {
  const settings = readSettings(configSchema, environment, file);
  applyArguments(settings, args);
  const parsed = configSchema.safeParse(settings);
  if (!parsed.success) throw refusalOf(configSchema, parsed.error.issues[0]!, settings);
  const config = parsed.data;
  if (config.auth === 'none' && !isLoopback(config.host)) {
    throw new ConfigError(
      `host = ${JSON.stringify(config.host)} is reachable from other machines; allowed: a loopback address (127.0.0.1, ::1, localhost), or auth = "required"`,
    );
  }
  const { provider, model } = config.language;
  if (provider !== 'none' && model === undefined) {
    throw new ConfigError(
      `language.model (FLEETCAST_LANGUAGE_MODEL) = nothing; allowed: the name of a model that ${provider} serves`,
    );
  }
  if (config.liveness.downFactor <= config.liveness.lateFactor) {
    throw new ConfigError(
      `liveness.downFactor = ${config.liveness.downFactor}; allowed: more than liveness.lateFactor (${config.liveness.lateFactor})`,
    );
  }
  return {
    ...config,
    clickhouseUrl: config.clickhouseUrl ?? `chdb:${config.dataDir}/clickhouse`,
    databaseUrl: config.databaseUrl ?? `sqlite:${config.dataDir}/state.db`,
  };
}

function applyArguments(settings: Record<string, unknown>, args: readonly string[]): void {
  let backend: string | undefined;
  try {
    ({ backend } = parseArgs({ args: [...args], options: { backend: { type: 'string' } } }).values);
  } catch (error) {
    throw new ConfigError(`${(error as Error).message.split('\n')[0]}; allowed: --backend auto, native, wasm or cpu`);
  }
  if (backend !== undefined) settings.models = { ...(settings.models as object | undefined), backend };
}

/** Whether only this machine can reach what listens on `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

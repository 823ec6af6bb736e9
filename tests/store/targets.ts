import { createClient } from '@clickhouse/client';
import { afterAll, beforeAll } from 'vitest';
import { migrateTelemetry } from '../../store/migrate-telemetry.ts';
import { openTelemetryStore, type StatementReport, type TelemetryStore } from '../../store/telemetry.ts';
import { startClickHouseHttp } from '../support/clickhouse-http.ts';
import { hasChdb } from '../support/servers.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A ClickHouse that the store suites run over. */
export interface TelemetryTarget {
  name: string;
  /** False where this machine lacks it; `npm test` says so in one line. */
  isAvailable: boolean;
  /** Whether a second client may open the same data: the embedded engine holds its folder alone. */
  isShared: boolean;
  /** Starts it, empty. One at a time in a test file: chDB takes one data path a process. */
  start(): Promise<TelemetryServer>;
}

export interface TelemetryServer {
  /** What `openTelemetryStore` takes. */
  url: string;
  stop(): Promise<void>;
}

const embedded: TelemetryTarget = {
  name: 'embedded chDB',
  isAvailable: hasChdb(),
  isShared: false,
  async start() {
    const directory = temporaryDirectory();
    return { url: `chdb:${directory.path}/clickhouse`, stop: async () => directory.remove() };
  },
};

const httpFront: TelemetryTarget = {
  name: "ClickHouse's HTTP interface",
  isAvailable: embedded.isAvailable,
  isShared: true,
  async start() {
    const front = await startClickHouseHttp();
    return { url: `${front.url}/fleetcast_test`, stop: () => front.stop() };
  },
};

const serverUrl = process.env.TEST_CLICKHOUSE_URL;

const server: TelemetryTarget = {
  name: 'the server of TEST_CLICKHOUSE_URL',
  isAvailable: serverUrl !== undefined,
  isShared: true,
  async start() {
    const url = new URL(serverUrl!);
    const database = `fleetcast_test_${process.pid}_${Date.now()}`;
    url.pathname = `/${database}`;
    const stop = async () => {
      const { origin, username, password } = url;
      const client = createClient({ url: origin, username: username || 'default', password });
      await client.command({ query: `DROP DATABASE IF EXISTS ${database}` });
      await client.close();
    };
    return { url: url.href, stop };
  },
};

const optionalServer = serverUrl === undefined ? [] : [server];

/** Every way to ClickHouse: the contract of the store holds over each. */
export const telemetryTargets: readonly TelemetryTarget[] = [embedded, httpFront, ...optionalServer];

/** Every engine: what SQL means does not depend on the way to it. */
export const telemetryEngines: readonly TelemetryTarget[] = [embedded, ...optionalServer];

export interface TestTelemetry extends TelemetryServer {
  store: TelemetryStore;
}

/** Starts `target` and opens a migrated store on it. */
export async function startTelemetry(
  target: TelemetryTarget = embedded,
  onStatement: (report: StatementReport) => void = () => {},
): Promise<TestTelemetry> {
  const { url, stop } = await target.start();
  const store = await openTelemetryStore({ url, onStatement });
  await migrateTelemetry(store, () => new Date(0));
  return {
    url,
    store,
    stop: async () => {
      await store.close();
      await stop();
    },
  };
}

/** Gives the suite around the call a migrated store on `target`, from before its first test until after its last. */
export function useTelemetry(take: (store: TelemetryStore) => void, target: TelemetryTarget = embedded): void {
  let started: TestTelemetry | undefined;
  beforeAll(async () => {
    started = await startTelemetry(target);
    take(started.store);
  });
  afterAll(() => started?.stop());
}

let tenants = 0;

/** A tenant that no other test of the process has: tests share a store and do not see each other. */
export function newTenant(): string {
  tenants++;
  return `tenant-${tenants}`;
}

import { migrateTelemetry } from '../../store/migrate-telemetry.ts';
import { openTelemetryStore, type TelemetryStore } from '../../store/telemetry.ts';
import { temporaryDirectory } from './temporary.ts';

export interface TestTelemetry {
  store: TelemetryStore;
  close(): Promise<void>;
}

/** A migrated telemetry store: at `url`, or embedded in a temporary folder that goes with it. */
export async function openTestTelemetry(url?: string): Promise<TestTelemetry> {
  const directory = temporaryDirectory();
  const store = await openTelemetryStore({ url: url ?? `chdb:${directory.path}`, timeoutSeconds: 3 });
  await migrateTelemetry(store, () => new Date());
  return {
    store,
    async close() {
      await store.close();
      directory.remove();
    },
  };
}

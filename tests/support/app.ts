import { compose, type Service } from '../../api/compose.ts';
import { type Config, loadConfig } from '../../api/config.ts';
import { createLogger } from '../../telemetry/log.ts';
import { temporaryDirectory } from './temporary.ts';

export interface TestAppOptions {
  /** As the environment of the service gives it. */
  env?: Record<string, string>;
  now?: () => Date;
  stopping?: () => boolean;
}

export interface TestApp extends Service {
  config: Config;
  /** A request without a socket. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** `GET` of a path that answers JSON. */
  get<T = Record<string, unknown>>(path: string): Promise<T>;
  /** `POST` of records as JSON. */
  post(path: string, records: unknown, headers?: Record<string, string>): Promise<Response>;
}

/**
 * The service as users run it, over real stores, without a socket and without what it does by itself. The data is in a
 * temporary folder, which goes with it; `env` may name other stores.
 */
export async function startTestApp({
  env = {},
  now = () => new Date(),
  stopping = () => false,
}: TestAppOptions = {}): Promise<TestApp> {
  const directory = temporaryDirectory();
  const config = loadConfig({ FLEETCAST_DATA_DIR: directory.path, FLEETCAST_MODELS_THREADS: '1', ...env });
  const log = createLogger('silent');
  const service = await compose({ config, log, version: '0.0.0-test', holder: 'test', now, stopping });
  const request = async (path: string, init?: RequestInit) => service.app.request(path, init);
  return {
    ...service,
    config,
    request,
    async get<T>(path: string) {
      const response = await request(path);
      if (!response.ok) throw new Error(`GET ${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    post: (path, records, headers = {}) =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(records),
      }),
    async close() {
      await service.close();
      directory.remove();
    },
  };
}

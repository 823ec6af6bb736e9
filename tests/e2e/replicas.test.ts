import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startClickHouseHttp } from '../support/clickhouse-http.ts';
import { hasChdb } from '../support/servers.ts';
import { type Service, startService } from '../support/service.ts';
import { temporaryDirectory } from '../support/temporary.ts';

test.skipIf(!hasChdb())(
  'replicas that share their stores know how many they are, and notice one that leaves',
  async () => {
    using directory = temporaryDirectory();
    const front = await startClickHouseHttp();
    const env = {
      CLICKHOUSE_URL: front.url,
      DATABASE_URL: `sqlite:${join(directory.path, 'shared.db')}`,
      FLEETCAST_JOBS_ENABLED: 'false',
    };
    const replicas = async ({ url }: Service) =>
      ((await (await fetch(`${url}/status`)).json()) as { replicas: number }).replicas;
    const first = await startService({ env });
    expect(await replicas(first)).toBe(1);
    const second = await startService({ env });
    expect([await replicas(first), await replicas(second)]).toEqual([2, 2]);
    await second.kill('SIGTERM');
    expect(await replicas(first)).toBe(1);
    await first.kill('SIGTERM');
    await front.stop();
  },
  90_000,
);

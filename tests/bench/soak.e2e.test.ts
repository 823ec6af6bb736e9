import { expect, test } from 'vitest';
import { z } from 'zod';
import { hasChdb } from '../support/servers.ts';
import { runCommand } from '../tools/command.ts';

const number = z.number();
const kind = z.strictObject({ acknowledged: number.positive(), lost: z.literal(0), twice: z.literal(0) });

/** What reports are compared by from release to release: a field that goes missing is a break. */
const soakReport = z.strictObject({
  bench: z.literal('soak'),
  machine: z.looseObject({ cpus: number }),
  isQuick: z.literal(true),
  rps: z.literal(200),
  seconds: z.literal(2),
  connections: z.literal(64),
  answered: z.literal(400),
  failed: z.literal(0),
  achievedRps: number.positive(),
  latencyMs: z.strictObject({ p50: number, p95: number, p99: number, max: number }),
  stored: z.strictObject({ heartbeats: kind, events: kind, samples: kind }),
  rollupDifference: z.literal(0),
  eventLoopDelayP99Ms: z.strictObject({ median: number, max: number }),
  cpuCores: number.positive(),
  memory: z.strictObject({ atStartBytes: number, afterFifthBytes: number, atEndBytes: number, growthRatio: number }),
});

test.skipIf(!hasChdb())(
  'soak --quick --json prints one JSON object, and everything that was acknowledged is stored once',
  {
    timeout: 120_000,
  },
  async () => {
    const { code, stdout, stderr } = await runCommand('bench/main.ts', 'soak', '--quick', '--json');
    expect(code, stderr).toBe(0);
    const { latencyMs } = soakReport.parse(JSON.parse(stdout));
    expect(latencyMs.p50).toBeLessThanOrEqual(latencyMs.max);
  },
);

import { expect, test } from 'vitest';
import { heartbeatSchema, sampleSchema } from '../../../ingest/records.ts';
import { cpuUsageRatio, createMachine } from '../../../tools/demo/machine.ts';

const cpu = (user: number, idle: number) => ({ times: { user, nice: 0, sys: 0, idle, irq: 0 } });

test('CPU usage is the share of the time in which the processors were not idle', () => {
  expect(cpuUsageRatio([cpu(100, 100), cpu(0, 0)], [cpu(130, 110), cpu(0, 60)])).toBeCloseTo(0.3);
  expect(cpuUsageRatio([cpu(5, 5)], [cpu(5, 5)])).toBe(0);
});

test('this machine measures itself in records that the service takes', async () => {
  const machine = createMachine(import.meta.dirname);
  const samples = await machine.samples(Date.now());
  for (const sample of samples) sampleSchema.parse(sample);
  expect(samples.map(({ metric }) => metric)).toEqual([
    'cpu_usage_ratio',
    'memory_used_bytes',
    'disk_used_ratio',
    'load_average_1m',
  ]);
  heartbeatSchema.parse(machine.heartbeat(Date.now(), 15));
});

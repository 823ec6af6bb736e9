import { statfs } from 'node:fs/promises';
import { type CpuInfo, cpus, freemem, hostname, loadavg, totalmem } from 'node:os';
import type { Heartbeat, Sample } from '../../sdk/typescript/records.ts';

/** The machine that the demo runs on, as an agent: nothing about it is made up. */
export interface Machine {
  name: string;
  heartbeat(timeMs: number, intervalSeconds: number): Heartbeat;
  /** CPU since the last call, memory, disk and load now. */
  samples(timeMs: number): Promise<Sample[]>;
}

type CpuTimes = CpuInfo['times'];

/** @param folder the disk that holds it is measured. */
export function createMachine(folder: string): Machine {
  const agent = `machine-${hostname()}`.slice(0, 200);
  let before = cpus();
  return {
    name: agent,
    heartbeat: (time, intervalSeconds) => ({
      agent,
      type: 'machine',
      version: process.version,
      time,
      intervalSeconds,
      labels: { platform: process.platform, arch: process.arch },
    }),
    async samples(time) {
      const now = cpus();
      const disk = await statfs(folder);
      const samples: Sample[] = [
        { agent, time, metric: 'cpu_usage_ratio', value: cpuUsageRatio(before, now), unit: '1' },
        { agent, time, metric: 'memory_used_bytes', value: totalmem() - freemem(), unit: 'By' },
        { agent, time, metric: 'disk_used_ratio', value: 1 - disk.bavail / disk.blocks, unit: '1' },
        { agent, time, metric: 'load_average_1m', value: loadavg()[0]!, unit: '1' },
      ];
      before = now;
      return samples;
    },
  };
}

/** The share of the time between two looks at the processors in which they were not idle; 0 when no time has passed. */
export function cpuUsageRatio(before: readonly { times: CpuTimes }[], after: readonly { times: CpuTimes }[]): number {
  const total = (infos: readonly { times: CpuTimes }[]) =>
    sum(infos, ({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq);
  const elapsed = total(after) - total(before);
  const idle = sum(after, (times) => times.idle) - sum(before, (times) => times.idle);
  return elapsed > 0 ? Math.min(1, Math.max(0, 1 - idle / elapsed)) : 0;
}

function sum(infos: readonly { times: CpuTimes }[], of: (times: CpuTimes) => number): number {
  return infos.reduce((total, { times }) => total + of(times), 0);
}

import { cpus, loadavg, totalmem } from 'node:os';

/** What the numbers were measured on; without it they mean nothing. */
export interface MachineFacts {
  measuredAt: string;
  node: string;
  platform: string;
  cpuModel: string;
  cpus: number;
  memoryBytes: number;
  /** Of the last minute before the bench: others were at work when it is not small. */
  loadAverage: number;
}

export function describeMachine(): MachineFacts {
  const processors = cpus();
  return {
    measuredAt: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpuModel: processors[0]?.model ?? 'unknown',
    cpus: processors.length,
    memoryBytes: totalmem(),
    loadAverage: loadavg()[0]!,
  };
}

import { readFileSync } from 'node:fs';

/** What a process has used so far. */
export interface ProcessCost {
  cpuSeconds: number;
  peakMemoryBytes: number;
}

/** Linux counts the time of processes in these, whatever the machine. */
const ticksPerSecond = 100;

/** Reads what a process has used, all of its threads, from `/proc`; undefined where there is none. */
export function readProcessCost(pid: number): ProcessCost | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
      peakMemoryBytes: Number(peak) * 1024,
    };
  } catch {
    return undefined;
  }
}

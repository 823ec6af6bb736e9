/** For how long each part of the end may last, one after the other, in milliseconds. */
export interface StopBudget {
  /** After so long the process ends, whatever is left. */
  totalMs: number;
  /** For requests in flight. */
  requestsMs: number;
  /** To store what is in the spool; the next process goes on with the rest. */
  drainMs: number;
  /** For runs of jobs, before their queries are given up; the next process runs the same window. */
  jobsMs: number;
}

/** Divides the time that the service has to stop. A third is left for what waits for nobody but takes time. */
export function stopBudget(stopSeconds: number): StopBudget {
  const totalMs = stopSeconds * 1000;
  return { totalMs, requestsMs: 0.3 * totalMs, drainMs: 0.25 * totalMs, jobsMs: 0.1 * totalMs };
}

import { type Logger, pino } from 'pino';

export type { Logger };

/** A logger that writes JSON lines to standard output; causes of errors are written with their stacks. */
export function createLogger(level: string): Logger {
  return pino({ level, base: {}, timestamp: pino.stdTimeFunctions.isoTime });
}

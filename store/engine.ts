import type { ClickHouseClient } from '@clickhouse/client';
import type { Settings } from './query-settings.ts';
import type { EncodedBlock } from './telemetry.ts';

/** By which the client can be told to stop; the embedded engine cannot. */
export interface Stoppable {
  abort_signal?: AbortSignal;
}

/** ClickHouse in the process or on a server: the client of both, and the way in which each is asked. */
export interface Engine {
  readonly client: ClickHouseClient;
  /**
   * Asks a question and reads the answer to its end, by a time where one is given. Throws `StoreAwayError` when a server
   * does not answer.
   */
  ask<T>(question: (stoppable: Stoppable) => Promise<T>, timeoutSeconds?: number): Promise<T>;
  /** Runs a statement without rows. */
  run(statement: (stoppable: Stoppable) => Promise<unknown>): Promise<void>;
  /** Stores a block. One that may be sent again is given up sooner, for who sends it will do so. */
  send(block: EncodedBlock, settings: Settings, options: { isRepeatable: boolean }): Promise<void>;
  /** Gives up what is under way, and what is asked from now on, where that can be done. */
  giveUp(): void;
  close(): Promise<void>;
}

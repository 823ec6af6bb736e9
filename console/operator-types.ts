import type { ApiKey, Cardinality, Scope } from '../sdk/typescript/operating-answers.ts';

/** What the API answers to those who operate it, as the client of the SDK tells, and what the console asks it for. */
export type {
  ApiKey as Key,
  AuditEntry,
  Cardinality,
  NewApiKey as NewKey,
  QuarantineCount,
  QuarantinedRecord,
  Replayed,
  Tenant,
} from '../sdk/typescript/operating-answers.ts';

export const keyScopes = ['ingest', 'read', 'operate', 'admin'] as const satisfies readonly Scope[];

export interface KeyRequest extends Pick<ApiKey, 'name' | 'scopes'> {
  expiresInDays?: number;
  requestsPerSecond?: number;
  recordsPerSecond?: number;
}

export type Overflow = Cardinality['overflows'][number];

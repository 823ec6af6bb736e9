/** What the API answers about keys, the audit log, the budget of series and the quarantine; times are ISO 8601 in UTC. */

export const keyScopes = ['ingest', 'read', 'operate', 'admin'] as const;
export type KeyScope = (typeof keyScopes)[number];

export interface Key {
  id: string;
  name: string;
  /** How the key begins. */
  hint: string;
  scopes: KeyScope[];
  createdAt: string;
  expiresAt: string | null;
  revokedAt: string | null;
  lastUsedAt: string | null;
  replacedBy: string | null;
  requestsPerSecond: number | null;
  recordsPerSecond: number | null;
}

/** A key that was just made: the only time that it is shown. */
export interface NewKey extends Key {
  key: string;
}

export interface KeyRequest {
  name: string;
  scopes: KeyScope[];
  expiresInDays?: number;
  requestsPerSecond?: number;
  recordsPerSecond?: number;
}

export interface AuditEntry {
  id: string;
  at: string;
  action: string;
  target: string;
  keyName: string;
  address: string;
  details: Record<string, unknown>;
}

export interface Cardinality {
  activeSeries: number;
  budget: {
    maxSeries: number;
    maxSeriesPerAgent: number;
    maxNewSeriesPerMinute: number;
    maxAgents: number;
    maxLabels: number;
    maxLabelNameLength: number;
    maxLabelValueLength: number;
    activeHours: number;
  };
  metrics: { metric: string; series: number }[];
  agents: { agent: string; series: number }[];
  labels: { label: string; values: number; series: number }[];
  overflows: Overflow[];
}

export interface Overflow {
  exceeded: string;
  agent: string;
  metric: string;
  startedAt: string;
  lastAt: string;
  samples: number;
}

export interface QuarantinedRecord {
  id: string;
  at: string;
  source: string;
  kind: string;
  reason: string;
  detail: string;
  record: string;
  replayedAt: string | null;
}

export interface QuarantineCount {
  source: string;
  kind: string;
  reason: string;
  records: number;
  waiting: number;
  lastAt: string;
}

export interface Replayed {
  replayed: number;
  refused: { id: string; detail: string }[];
  more: boolean;
}

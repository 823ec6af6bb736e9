/** Answers to those who operate Fleetcast. Times are ISO 8601 in UTC. */

export type Scope = 'ingest' | 'read' | 'operate' | 'admin';

/** How much a key may send; null where the settings of the service hold. */
export interface KeyLimits {
  requestsPerSecond: number | null;
  recordsPerSecond: number | null;
}

export interface ApiKey extends KeyLimits {
  id: string;
  name: string;
  /** How the key begins. */
  hint: string;
  scopes: Scope[];
  createdAt: string;
  /** Null for a key that does not end by itself. */
  expiresAt: string | null;
  revokedAt: string | null;
  /** To the minute. */
  lastUsedAt: string | null;
  /** The id of the key that took its place. */
  replacedBy: string | null;
}

/** A key that was just made: the only time that the key itself is told. */
export interface NewApiKey extends ApiKey {
  key: string;
}

export interface AuditEntry {
  id: string;
  at: string;
  /** Such as `key.created`. */
  action: string;
  /** The id of what was changed. */
  target: string;
  keyId: string;
  keyName: string;
  address: string;
  details: Record<string, unknown>;
}

/** What a tenant may have; what is left out of an override is as the settings say. */
export interface CardinalityBudget {
  maxSeries: number;
  maxSeriesPerAgent: number;
  maxNewSeriesPerMinute: number;
  maxAgents: number;
  maxLabels: number;
  maxLabelNameLength: number;
  maxLabelValueLength: number;
}

export interface Cardinality {
  /** Series of which anything was heard within `budget.activeHours`. */
  activeSeries: number;
  budget: CardinalityBudget & { activeHours: number };
  metrics: { metric: string; series: number }[];
  agents: { agent: string; series: number }[];
  labels: { label: string; values: number; series: number }[];
  /** What went beyond the budget in the last seven days, the newest first. */
  overflows: {
    exceeded: string;
    agent: string;
    metric: string;
    startedAt: string;
    lastAt: string;
    samples: number;
  }[];
}

export type QuarantineReason = 'invalid' | 'late' | 'future' | 'clamped' | 'over_budget' | 'store';

export interface QuarantinedRecord {
  id: string;
  at: string;
  /** The protocol by which it came, or `store`. */
  source: string;
  kind: string;
  reason: QuarantineReason;
  detail: string;
  /** As it came, as JSON; cut when it is long. */
  record: string;
  replayedAt: string | null;
}

export interface QuarantineCount {
  source: string;
  kind: string;
  reason: QuarantineReason;
  records: number;
  /** Of these, how many can be sent again. */
  waiting: number;
  lastAt: string;
}

export interface Replayed {
  replayed: number;
  refused: { id: string; detail: string }[];
  /** Whether others match that were not tried. */
  more: boolean;
}

export interface Tenant {
  id: string;
  name: string;
  rawRetentionDays: number;
  rollupRetentionDays: number;
  cardinality: Partial<CardinalityBudget>;
}

import type {
  ApiKey,
  AuditEntry,
  Cardinality,
  CardinalityBudget,
  NewApiKey,
  QuarantineCount,
  QuarantinedRecord,
  QuarantineReason,
  Replayed,
  Scope,
  Tenant,
} from './operating-answers.ts';
import type { Time } from './records.ts';
import { type QueryValue, type RequestOptions, type SendRequest, toTimeText } from './request.ts';

export interface KeyRequest {
  name: string;
  scopes: readonly Scope[];
  /** Without it the key does not end by itself. */
  expiresInDays?: number;
  /** Without them the settings of the service hold. */
  requestsPerSecond?: number;
  recordsPerSecond?: number;
}

export interface QuarantineFilter {
  source?: string;
  kind?: string;
  reason?: QuarantineReason;
  from?: Time;
  to?: Time;
}

/** Which records to send again: at least one of these. */
export interface ReplayRequest extends QuarantineFilter {
  ids?: readonly string[];
  /** Everything that waits. */
  all?: true;
}

/** What those need who operate Fleetcast: keys, tenants and their budgets, the audit log, the quarantine. */
export interface OperatingClient {
  /** Ended ones too. */
  keys(options?: RequestOptions): Promise<ApiKey[]>;
  /** The key itself is in this answer alone. It is asked for once: sent again, there could be two. */
  createKey(key: KeyRequest, options?: RequestOptions): Promise<NewApiKey>;
  /** A key of the same name, scopes and limits; the old one works on for the overlap, 30 days by default. */
  rotateKey(id: string, overlapDays?: number, options?: RequestOptions): Promise<NewApiKey>;
  revokeKey(id: string, options?: RequestOptions): Promise<ApiKey>;
  /** Who changed what, the newest first. */
  auditLog(filter?: { action?: string; from?: Time; to?: Time }, options?: RequestOptions): Promise<AuditEntry[]>;
  /** How many series there are, where they come from, and what the budget is. */
  cardinality(top?: number, options?: RequestOptions): Promise<Cardinality>;
  /** Records that were not taken as they came, the newest first. */
  quarantine(filter?: QuarantineFilter, options?: RequestOptions): Promise<QuarantinedRecord[]>;
  quarantineCounts(range?: { from?: Time; to?: Time }, options?: RequestOptions): Promise<QuarantineCount[]>;
  /** Sends records of the quarantine again, a thousand at a time: those of ids, those that match, or all that wait. */
  replayQuarantine(which: ReplayRequest, options?: RequestOptions): Promise<Replayed>;
  /** As the following three, for keys of the tenant `default` alone. */
  tenants(options?: RequestOptions): Promise<Tenant[]>;
  createTenant(
    tenant: { id: string; name: string; rawRetentionDays?: number; rollupRetentionDays?: number },
    options?: RequestOptions,
  ): Promise<Tenant>;
  /** The first key of a tenant; with the scope `admin`, it makes its others by itself. Asked for once, as `createKey`. */
  createTenantKey(tenant: string, key: KeyRequest, options?: RequestOptions): Promise<NewApiKey>;
  /** Gives a tenant a budget of its own in place of the one before. */
  setBudget(
    tenant: string,
    budget: Partial<CardinalityBudget>,
    options?: RequestOptions,
  ): Promise<Partial<CardinalityBudget>>;
}

/** Reads every page of a list. */
type ReadList = <T>(path: string, query?: Record<string, QueryValue>, options?: RequestOptions) => Promise<T[]>;

/** The part of the client that operators use. */
export function createOperatingClient(sendRequest: SendRequest, list: ReadList): OperatingClient {
  async function change<T>(
    method: 'POST' | 'PUT',
    path: string,
    body: object,
    options: RequestOptions = {},
  ): Promise<T> {
    return (await sendRequest(path, { ...options, method, body: JSON.stringify(body) })).body as T;
  }
  const at = (...segments: string[]) => `/v1/${segments.map(encodeURIComponent).join('/')}`;
  const once = (options: RequestOptions = {}) => ({ attempts: 1, ...options });
  const inRange = <T extends { from?: Time; to?: Time }>({ from, to, ...rest }: T) => ({
    ...rest,
    from: toTimeText(from),
    to: toTimeText(to),
  });

  return {
    keys: (options) => list('/v1/keys', {}, options),
    createKey: (key, options) => change('POST', '/v1/keys', key, once(options)),
    rotateKey: (id, overlapDays = 30, options) =>
      change('POST', at('keys', id, 'rotate'), { overlapDays }, once(options)),
    async revokeKey(id, options) {
      return (await sendRequest(at('keys', id), { ...options, method: 'DELETE' })).body as ApiKey;
    },
    auditLog: (filter = {}, options) => list('/v1/audit', inRange(filter), options),
    async cardinality(top, options) {
      return (await sendRequest('/v1/cardinality', { ...options, query: { top } })).body as Cardinality;
    },
    quarantine: (filter = {}, options) => list('/v1/quarantine', inRange(filter), options),
    quarantineCounts: (range = {}, options) => list('/v1/quarantine/counts', inRange(range), options),
    replayQuarantine: (which, options) => change('POST', '/v1/quarantine/replay', inRange(which), options),
    tenants: (options) => list('/v1/tenants', {}, options),
    createTenant: (tenant, options) => change('POST', '/v1/tenants', tenant, options),
    createTenantKey: (tenant, key, options) => change('POST', at('tenants', tenant, 'keys'), key, once(options)),
    setBudget: (tenant, budget, options) => change('PUT', at('tenants', tenant, 'cardinality'), budget, options),
  };
}

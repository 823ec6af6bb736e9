import { createRoute, z } from '@hono/zod-openapi';
import { createKey, listKeys, revokeKey, rotateKey, type StoredKey, scopes } from '../store/records/api-keys.ts';
import { type Actor, recordAudit } from '../store/records/audit.ts';
import type { StateStore } from '../store/state.ts';
import { actorOf } from './actor.ts';
import { requireScope } from './auth.ts';
import { limitBody } from './body-limit.ts';
import { createRouter } from './context.ts';
import type { Keyring } from './keyring.ts';
import { pageOf } from './page.ts';
import { problemResponses } from './problem.ts';
import { isoTime, toIso } from './values.ts';

const rate = (max: number) => z.number().min(0.01).max(max);
const settingsHold = 'Null: the setting of the service holds.';
const keySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    hint: z.string().openapi({ description: 'How the key begins; empty for one that was not made here.' }),
    scopes: z.array(z.enum(scopes)),
    createdAt: isoTime,
    expiresAt: isoTime.nullable(),
    revokedAt: isoTime.nullable(),
    lastUsedAt: isoTime.nullable().openapi({ description: 'To the minute.' }),
    replacedBy: z.string().nullable().openapi({ description: 'The id of the key that took its place.' }),
    requestsPerSecond: z.number().nullable().openapi({ description: settingsHold }),
    recordsPerSecond: z.number().nullable().openapi({ description: settingsHold }),
  })
  .openapi('Key');
/** A key that was just made. */
export const newKeySchema = keySchema
  .extend({ key: z.string().openapi({ description: 'The key itself, this once: only its hash is kept.' }) })
  .openapi('NewKey');

const days = z.number().min(0).max(3650);
/** What a key is made of. */
export const newKeyBody = z.strictObject({
  name: z.string().min(1).max(200),
  scopes: z.array(z.enum(scopes)).min(1),
  expiresInDays: days.min(1).optional().openapi({ description: 'Without it the key does not end by itself.' }),
  requestsPerSecond: rate(1e6).optional().openapi({ description: 'Without it the setting of the service holds.' }),
  recordsPerSecond: rate(1e9).optional().openapi({ description: 'Without it the setting of the service holds.' }),
});
const rotateBody = z.strictObject({
  overlapDays: days.default(30).openapi({ description: 'So long the old key works beside the new one.' }),
});

const tags = ['access'];
const admin = requireScope('admin');
const params = z.object({ id: z.string().max(100) });
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });
const made = { 201: { description: 'Made', content: json(newKeySchema) }, ...problemResponses };

const listRoute = createRoute({
  tags,
  middleware: admin,
  method: 'get',
  path: '/v1/keys',
  summary: 'List the keys of the tenant, ended ones too',
  responses: { 200: { description: 'Keys', content: json(pageOf(keySchema)) }, ...problemResponses },
});
const createKeyRoute = createRoute({
  tags,
  middleware: [admin, limitBody()] as const,
  method: 'post',
  path: '/v1/keys',
  summary: 'Make a key for the tenant',
  request: { body: { required: true, content: json(newKeyBody) } },
  responses: made,
});
const rotateRoute = createRoute({
  tags,
  middleware: [admin, limitBody()] as const,
  method: 'post',
  path: '/v1/keys/{id}/rotate',
  summary: 'Make a key of the same name, scopes and limits; the old one works on for the overlap',
  request: { params, body: { required: true, content: json(rotateBody) } },
  responses: made,
});
const revokeRoute = createRoute({
  tags,
  middleware: admin,
  method: 'delete',
  path: '/v1/keys/{id}',
  summary: 'End a key now; other replicas notice within ten seconds',
  request: { params },
  responses: { 200: { description: 'Ended', content: json(keySchema) }, ...problemResponses },
});

export interface KeysRoutesDeps {
  state: StateStore;
  keyring: Keyring;
  now: () => Date;
}

/** `GET` and `POST /v1/keys`, `POST /v1/keys/{id}/rotate`, `DELETE /v1/keys/{id}`: the keys of the tenant of the key. */
export function createKeysRoutes({ state, keyring, now }: KeysRoutesDeps) {
  return createRouter()
    .openapi(listRoute, async (context) => {
      const keys = await listKeys(state, context.get('principal').tenant);
      return context.json({ items: keys.map(toKey), nextCursor: null }, 200);
    })
    .openapi(createKeyRoute, async (context) => {
      const actor = actorOf(context);
      return context.json(await issueKey({ state, now }, actor, actor.tenant, context.req.valid('json')), 201);
    })
    .openapi(rotateRoute, async (context) => {
      const { id } = context.req.valid('param');
      const { overlapDays } = context.req.valid('json');
      const actor = actorOf(context);
      const { key, stored } = await state.db.transaction().execute(async (db) => {
        const rotated = await rotateKey({ db }, { tenant: actor.tenant, id, overlapDays }, now());
        const details = { newKey: rotated.stored.id, overlapDays };
        await recordAudit({ db }, actor, { action: 'key.rotated', target: id, details }, now());
        return rotated;
      });
      keyring.forget(id);
      return context.json({ ...toKey(stored), key }, 201);
    })
    .openapi(revokeRoute, async (context) => {
      const { id } = context.req.valid('param');
      const actor = actorOf(context);
      const key = await state.db.transaction().execute(async (db) => {
        const revoked = await revokeKey({ db }, { tenant: actor.tenant, id }, now());
        await recordAudit({ db }, actor, { action: 'key.revoked', target: id }, now());
        return revoked;
      });
      keyring.forget(id);
      return context.json(toKey(key), 200);
    });
}

/**
 * Makes a key for a tenant. The audit log of who made it says so, and where that is another one the log of the tenant too,
 * which does not tell of the keys and the addresses of the operator.
 */
export async function issueKey(
  { state, now }: Pick<KeysRoutesDeps, 'state' | 'now'>,
  actor: Actor,
  tenant: string,
  { expiresInDays, ...grant }: z.output<typeof newKeyBody>,
): Promise<z.input<typeof newKeySchema>> {
  const expiresAt = expiresInDays === undefined ? null : now().getTime() + expiresInDays * 86_400_000;
  const { key, stored } = await state.db.transaction().execute(async (db) => {
    const created = await createKey({ db }, { tenant, ...grant, expiresAt }, now());
    const details = { tenant, ...grant, expiresAt };
    const what = { action: 'key.created', target: created.stored.id, details } as const;
    await recordAudit({ db }, actor, what, now());
    const operator = { tenant, keyId: '', keyName: 'operator', address: '' };
    if (tenant !== actor.tenant) await recordAudit({ db }, operator, what, now());
    return created;
  });
  return { ...toKey(stored), key };
}

function toKey({ id, name, hint, scopes, replacedBy, requestsPerSecond, recordsPerSecond, ...key }: StoredKey) {
  const time = (ms: number | null) => (ms === null ? null : toIso(ms));
  return {
    id,
    name,
    hint,
    scopes: [...scopes],
    createdAt: toIso(key.createdAt),
    expiresAt: time(key.expiresAt),
    revokedAt: time(key.revokedAt),
    lastUsedAt: time(key.lastUsedAt),
    replacedBy,
    requestsPerSecond,
    recordsPerSecond,
  };
}

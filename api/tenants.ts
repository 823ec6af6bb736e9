import { createRoute, z } from '@hono/zod-openapi';
import { identityLimits } from '../ingest/series-identity.ts';
import { recordAudit } from '../store/records/audit.ts';
import { ensureSlos } from '../store/records/slo-definitions.ts';
import { type BudgetOverride, listBudgets, setBudget } from '../store/records/tenant-budgets.ts';
import { createTenant, listTenants } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import { AppError } from '../telemetry/errors.ts';
import { actorOf } from './actor.ts';
import { requireOperator, requireScope } from './auth.ts';
import { limitBody } from './body-limit.ts';
import { createRouter } from './context.ts';
import { issueKey, newKeyBody, newKeySchema } from './keys.ts';
import { pageOf } from './page.ts';
import { problemResponses } from './problem.ts';

const upTo = (max: number) => z.number().int().min(1).max(max).optional();
const count = upTo(50_000_000);
const overrideSchema = z
  .strictObject({
    maxSeries: count,
    maxSeriesPerAgent: count,
    maxNewSeriesPerMinute: count,
    maxAgents: count,
    maxLabels: upTo(identityLimits.labels),
    maxLabelNameLength: upTo(identityLimits.labelNameLength),
    maxLabelValueLength: upTo(identityLimits.labelValueLength),
  })
  .openapi('CardinalityOverride', { description: 'The settings hold for what is left out.' });
const days = z.number().int().min(1).max(3650);
const tenantSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    rawRetentionDays: z.number().int(),
    rollupRetentionDays: z.number().int(),
    cardinality: overrideSchema,
  })
  .openapi('Tenant');
const createBody = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, '1 to 63 of a-z, 0-9, - and _'),
  name: z.string().min(1).max(200),
  rawRetentionDays: days.default(90),
  rollupRetentionDays: days.default(400),
});

const tags = ['access'];
const operatorOnly = 'It needs a key of the tenant `default`.';
const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

const listRoute = createRoute({
  method: 'get',
  path: '/v1/tenants',
  summary: 'List the tenants',
  description: operatorOnly,
  tags,
  middleware: [requireScope('admin'), requireOperator()] as const,
  responses: { 200: { description: 'Tenants', content: json(pageOf(tenantSchema)) }, ...problemResponses },
});
const createTenantRoute = createRoute({
  method: 'post',
  path: '/v1/tenants',
  summary: 'Make a tenant, whose data nobody else sees',
  description: `Its first key is made by \`POST /v1/tenants/{id}/keys\`. ${operatorOnly}`,
  tags,
  middleware: [requireScope('admin'), requireOperator(), limitBody()] as const,
  request: { body: { required: true, content: json(createBody) } },
  responses: { 201: { description: 'Made', content: json(tenantSchema) }, ...problemResponses },
});
const tenantKeyRoute = createRoute({
  method: 'post',
  path: '/v1/tenants/{id}/keys',
  summary: 'Make a key for a tenant, such as its first',
  description: `With the scope \`admin\`, the tenant makes its others by itself. Both audit logs say so. ${operatorOnly}`,
  tags,
  middleware: [requireScope('admin'), requireOperator(), limitBody()] as const,
  request: { params: z.object({ id: z.string().max(100) }), body: { required: true, content: json(newKeyBody) } },
  responses: { 201: { description: 'Made', content: json(newKeySchema) }, ...problemResponses },
});
const budgetRoute = createRoute({
  method: 'put',
  path: '/v1/tenants/{id}/cardinality',
  summary: 'Give a tenant a budget of series of its own',
  description: `Within ten seconds every replica holds to it. ${operatorOnly}`,
  tags,
  middleware: [requireScope('admin'), requireOperator(), limitBody()] as const,
  request: { params: z.object({ id: z.string().max(100) }), body: { required: true, content: json(overrideSchema) } },
  responses: { 200: { description: 'Changed', content: json(overrideSchema) }, ...problemResponses },
});

/** `GET` and `POST /v1/tenants`, `POST /v1/tenants/{id}/keys`, `PUT /v1/tenants/{id}/cardinality`. */
export function createTenantsRoutes({ state, now }: { state: StateStore; now: () => Date }) {
  async function requireTenant(id: string): Promise<void> {
    const tenants = await listTenants(state);
    if (!tenants.some((tenant) => tenant.id === id)) throw new AppError('not_found', `no tenant ${JSON.stringify(id)}`);
  }

  return createRouter()
    .openapi(listRoute, async (context) => {
      const [tenants, budgets] = await Promise.all([listTenants(state), listBudgets(state)]);
      const items = tenants.map((tenant) => ({ ...tenant, cardinality: budgets.get(tenant.id) ?? {} }));
      return context.json({ items, nextCursor: null }, 200);
    })
    .openapi(createTenantRoute, async (context) => {
      const { id, name, rawRetentionDays, rollupRetentionDays } = context.req.valid('json');
      const retention = { rawDays: rawRetentionDays, rollupDays: rollupRetentionDays };
      await state.db.transaction().execute(async (db) => {
        await createTenant({ db }, { id, name, ...retention }, now());
        await ensureSlos({ db }, id, now());
        const what = { action: 'tenant.created', target: id, details: retention } as const;
        await recordAudit({ db }, actorOf(context), what, now());
      });
      return context.json({ id, name, rawRetentionDays, rollupRetentionDays, cardinality: {} }, 201);
    })
    .openapi(tenantKeyRoute, async (context) => {
      const { id } = context.req.valid('param');
      await requireTenant(id);
      return context.json(await issueKey({ state, now }, actorOf(context), id, context.req.valid('json')), 201);
    })
    .openapi(budgetRoute, async (context) => {
      const { id } = context.req.valid('param');
      const given = Object.entries(context.req.valid('json')).filter(([, value]) => value !== undefined);
      const override = Object.fromEntries(given) as BudgetOverride;
      await requireTenant(id);
      await state.db.transaction().execute(async (db) => {
        await setBudget({ db }, id, override, now());
        const what = { action: 'cardinality.changed', target: id, details: override } as const;
        await recordAudit({ db }, actorOf(context), what, now());
      });
      return context.json(override, 200);
    });
}

import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { recordAudit } from '../store/records/audit.ts';
import {
  listPromotions,
  type Promotion,
  promoteModel,
  promotionActions,
  rollbackModel,
} from '../store/records/model-promotions.ts';
import { findModel, listModels, type StoredModel } from '../store/records/models.ts';
import type { StateStore } from '../store/state.ts';
import { AppError } from '../telemetry/errors.ts';
import { actorOf } from './actor.ts';
import { requireScope } from './auth.ts';
import { limitBody } from './body-limit.ts';
import { type AppEnvironment, createRouter } from './context.ts';
import { pageOf, pageQuery, paginate, readCursor } from './page.ts';
import { problemResponses } from './problem.ts';
import { isoTime, toIso } from './values.ts';

const modelSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    version: z.number().int(),
    inUse: z.boolean(),
    parentId: z.string().nullable().openapi({ description: 'The version that was in use when this one was made.' }),
    trainingFrom: isoTime.nullable(),
    trainingTo: isoTime.nullable(),
    dataHash: z.string().openapi({ description: 'SHA-256 of what it was trained on.' }),
    checksum: z.string().openapi({ description: 'SHA-256 of the weights.' }),
    weightBytes: z.number().int(),
    backend: z.string(),
    metrics: z.record(z.string(), z.number().nullable()).openapi({
      description:
        'On data that it was not trained on; what begins with `inUse` is of the version then in use, on the same data.',
    }),
    metadata: z.record(z.string(), z.unknown()),
    createdAt: isoTime,
    promotedAt: isoTime.nullable().openapi({ description: 'When it was last taken into use.' }),
  })
  .openapi('Model');

const modelDetailSchema = modelSchema
  .extend({
    promotions: z
      .array(
        z.object({
          action: z.enum(promotionActions),
          modelId: z.string(),
          actor: z.string(),
          reason: z.string(),
          at: isoTime,
        }),
      )
      .openapi({ description: 'Which version of the kind was taken into use, when, by whom and why; oldest first.' }),
  })
  .openapi('ModelDetail');

const tags = ['models'];
const listRoute = createRoute({
  method: 'get',
  path: '/v1/models',
  summary: 'List the versions of trained models, by kind, newest first',
  tags,
  middleware: requireScope('read'),
  request: { query: z.object({ ...pageQuery, kind: z.string().max(200).default('') }) },
  responses: {
    200: { description: 'Models', content: { 'application/json': { schema: pageOf(modelSchema) } } },
    ...problemResponses,
  },
});

const detailRoute = createRoute({
  method: 'get',
  path: '/v1/models/{id}',
  summary: 'One version, with what was in use of its kind and when',
  tags,
  middleware: requireScope('read'),
  request: { params: z.object({ id: z.string().max(200) }) },
  responses: {
    200: { description: 'Model', content: { 'application/json': { schema: modelDetailSchema } } },
    ...problemResponses,
  },
});

const changeRoute = (action: string, texts: { summary: string; description?: string }) =>
  createRoute({
    method: 'post',
    path: `/v1/models/{id}/${action}`,
    ...texts,
    tags,
    middleware: [requireScope('operate'), limitBody()] as const,
    request: {
      params: z.object({ id: z.string().max(200) }),
      body: {
        content: { 'application/json': { schema: z.strictObject({ reason: z.string().max(1000).optional() }) } },
      },
    },
    responses: {
      200: { description: 'Model', content: { 'application/json': { schema: modelSchema } } },
      ...problemResponses,
    },
  });
const promoteRoute = changeRoute('promote', { summary: 'Take a version into use' });
const rollbackRoute = changeRoute('rollback', {
  summary: 'Go back to the version that was in use before',
  description: '`id` is that of the version in use, or a kind.',
});

/** `GET /v1/models`, `GET /v1/models/{id}`, `POST /v1/models/{id}/promote` and `/rollback`. */
export function createModelsRoutes({ state, now }: { state: StateStore; now: () => Date }) {
  return createRouter()
    .openapi(listRoute, async (context) => {
      const { kind, limit, cursor } = context.req.valid('query');
      const after = readCursor(cursor, z.tuple([z.string(), z.number()]).optional(), undefined);
      const rows = await listModels(state, context.get('principal').tenant, { kind, after, limit: limit + 1 });
      const page = paginate(rows, limit, (row) => [row.kind, row.version], toModel);
      return context.json(page, 200);
    })
    .openapi(detailRoute, async (context) => {
      const { tenant } = context.get('principal');
      const model = await requireModel(state, tenant, context.req.valid('param').id);
      const promotions = await listPromotions(state, tenant, model.kind);
      return context.json({ ...toModel(model), promotions: promotions.map(toPromotion) }, 200);
    })
    .openapi(promoteRoute, async (context) => {
      const { tenant, name: actor } = context.get('principal');
      const { id } = context.req.valid('param');
      const { reason = '' } = context.req.valid('json');
      const model = await promoteModel(state, { tenant, id, actor, reason }, now());
      await recordPromotion(context, model, reason);
      return context.json(toModel(model), 200);
    })
    .openapi(rollbackRoute, async (context) => {
      const { tenant, name: actor } = context.get('principal');
      const { id } = context.req.valid('param');
      const { reason = '' } = context.req.valid('json');
      const kind = await kindOf(state, tenant, id);
      const model = await rollbackModel(state, { tenant, kind, actor, reason }, now());
      await recordPromotion(context, model, reason);
      return context.json(toModel(model), 200);
    });

  async function recordPromotion(context: Context<AppEnvironment>, { id, kind, version }: StoredModel, reason: string) {
    const details = { kind, version, reason };
    await recordAudit(state, actorOf(context), { action: 'model.promoted', target: id, details }, now());
  }
}

async function requireModel(state: StateStore, tenant: string, id: string): Promise<StoredModel> {
  const model = await findModel(state, tenant, id);
  if (model === undefined) throw new AppError('not_found', `no model ${JSON.stringify(id)}`);
  return model;
}

/** A roll-back of a version that is not in use would undo what somebody else has done. */
async function kindOf(state: StateStore, tenant: string, idOrKind: string): Promise<string> {
  const [ofKind] = await listModels(state, tenant, { kind: idOrKind, after: undefined, limit: 1 });
  if (ofKind !== undefined) return ofKind.kind;
  const model = await requireModel(state, tenant, idOrKind);
  if (!model.inUse) throw new AppError('conflict', `version ${model.version} of ${model.kind} is not in use`);
  return model.kind;
}

function toModel({ tenant: _, training, createdAt, promotedAt, ...model }: StoredModel) {
  return {
    ...model,
    trainingFrom: training === null ? null : toIso(training.from),
    trainingTo: training === null ? null : toIso(training.to),
    createdAt: toIso(createdAt),
    promotedAt: promotedAt === null ? null : toIso(promotedAt),
  };
}

function toPromotion({ kind: _, at, ...promotion }: Promotion) {
  return { ...promotion, at: toIso(at) };
}

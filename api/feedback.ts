import { randomUUID } from 'node:crypto';
import { createRoute, z } from '@hono/zod-openapi';
import { type AffectedAnomaly, applyFeedback } from '../analytics/feedback-effect.ts';
import { shapeOf } from '../analytics/held-back.ts';
import { effectDays, verdicts } from '../models/feedback/hold-back.ts';
import { factorBounds, thresholdFactor } from '../models/feedback/threshold-factor.ts';
import type { ModelPool } from '../models/pool.ts';
import { recordAudit } from '../store/records/audit.ts';
import { deleteFeedback, type Feedback, insertFeedback, listFeedback } from '../store/records/feedback.ts';
import type { Tenant } from '../store/records/tenants.ts';
import type { StateStore } from '../store/state.ts';
import type { TelemetryStore } from '../store/telemetry.ts';
import { AppError } from '../telemetry/errors.ts';
import { actorOf } from './actor.ts';
import { findAnomaly } from './anomaly.ts';
import { requireScope } from './auth.ts';
import { limitBody } from './body-limit.ts';
import { createRouter } from './context.ts';
import type { OnDemand } from './on-demand.ts';
import { pageOf } from './page.ts';
import { problemResponses } from './problem.ts';
import { isoTime, seriesIdValue, toIso } from './values.ts';

export const feedbackSchema = z
  .object({
    id: z.string(),
    anomalyId: z.string(),
    seriesId: z.string(),
    verdict: z.enum(verdicts),
    reason: z.string(),
    author: z.string(),
    at: isoTime,
  })
  .openapi('Feedback');

const affected = z.array(z.object({ id: z.string(), startedAt: isoTime, peakScore: z.number() }));
const incidents = z.array(z.object({ id: z.string(), title: z.string() }));
const effectSchema = z
  .object({
    days: z.number(),
    gone: affected.openapi({ description: 'Of these nobody would have been told.' }),
    stayed: affected.openapi({ description: 'Of these people would have been told all the same.' }),
    back: affected.openapi({ description: 'Of these people are told again.' }),
    found: affected.openapi({
      description: 'These only the threshold as it is now tells: they are there, and were not before.',
    }),
    withdrawn: affected.openapi({
      description: 'These only the threshold as it was before told: they are there no more.',
    }),
    incidents: z.object({
      gone: incidents.openapi({
        description: 'Incidents that are withdrawn, or a part of another, with the anomalies they were made of.',
      }),
      back: incidents.openapi({ description: 'Incidents that are there again, or anew.' }),
    }),
    thresholdFactorBefore: z.number(),
    thresholdFactor: z.number().openapi({
      description:
        `What is made of the threshold of the series from now on, ${factorBounds.least} to ${factorBounds.most}: a false alarm raises it until ` +
        'that alarm would have stayed just below, something real that was faint lowers it.',
    }),
  })
  .openapi('FeedbackEffect');

const givenSchema = z.object({ feedback: feedbackSchema, effect: effectSchema }).openapi('FeedbackGiven');
const tags = ['feedback'];

const giveRoute = createRoute({
  method: 'post',
  path: '/v1/anomalies/{id}/feedback',
  summary: 'Say of an anomaly that it was a false alarm, real, or expected',
  description:
    'Similar anomalies of the series are held back after a false alarm, and those at the same time of the week after one that ' +
    'was expected. A false alarm also raises the threshold of the series until that alarm would have stayed just below, and something ' +
    `real that was faint lowers it, within ${factorBounds.least} and ${factorBounds.most}. What is nearly as bad as something real is always told. ` +
    `The answer tells what this does to the alarms and the incidents of the last ${effectDays} days. Once taken back, it leaves them as if it ` +
    'had never been said.',
  tags,
  middleware: [requireScope('operate'), limitBody()] as const,
  request: {
    params: z.object({ id: z.string().max(100) }),
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z.strictObject({
            verdict: z.enum(verdicts),
            reason: z.string().max(1000).default(''),
            author: z.string().max(200).optional().openapi({ description: 'By default, the name of the key.' }),
          }),
        },
      },
    },
  },
  responses: {
    201: { description: 'Taken, with its effect', content: { 'application/json': { schema: givenSchema } } },
    ...problemResponses,
  },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/feedback',
  summary: 'List what was said of anomalies, the latest first',
  tags,
  middleware: requireScope('read'),
  request: { query: z.object({ series: seriesIdValue.optional(), anomaly: z.string().max(100).optional() }) },
  responses: {
    200: { description: 'Feedback', content: { 'application/json': { schema: pageOf(feedbackSchema) } } },
    ...problemResponses,
  },
});

const withdrawRoute = createRoute({
  method: 'delete',
  path: '/v1/feedback/{id}',
  summary: 'Take back what was said of an anomaly',
  tags,
  middleware: requireScope('operate'),
  request: { params: z.object({ id: z.string().max(100) }) },
  responses: {
    200: { description: 'Taken back, with the effect', content: { 'application/json': { schema: effectSchema } } },
    ...problemResponses,
  },
});

export interface FeedbackRoutesDeps {
  telemetry: TelemetryStore;
  state: StateStore;
  pool: ModelPool;
  onDemand: OnDemand;
  detection: { alarmsPerSeriesPerWeek: number };
  tenantOf(id: string): Promise<Tenant>;
  now: () => Date;
}

/** `POST /v1/anomalies/{id}/feedback`, `GET /v1/feedback`, `DELETE /v1/feedback/{id}`. */
export function createFeedbackRoutes(deps: FeedbackRoutesDeps) {
  const { telemetry, state, pool, onDemand, detection, tenantOf, now } = deps;
  async function effectOf(changed: Feedback, thresholdFactorBefore: number, signal: AbortSignal) {
    const tenant = await tenantOf(changed.tenant);
    const models = { telemetry, state, models: pool, ...detection };
    const effect = await applyFeedback(models, tenant, changed, now().getTime(), signal);
    return {
      days: effectDays,
      gone: effect.gone.map(toAffected),
      stayed: effect.stayed.map(toAffected),
      back: effect.back.map(toAffected),
      found: effect.found.map(toAffected),
      withdrawn: effect.withdrawn.map(toAffected),
      incidents: effect.incidents,
      thresholdFactorBefore,
      thresholdFactor: effect.thresholdFactor,
    };
  }

  return createRouter()
    .openapi(giveRoute, async (context) => {
      const { tenant, name } = context.get('principal');
      const { verdict, reason, author = name } = context.req.valid('json');
      const row = await findAnomaly(telemetry, tenant, context.req.valid('param').id);
      const at = now().getTime();
      const before = await listFeedback(state, tenant, { series: row.series_id });
      const feedback: Feedback = {
        ...{ id: randomUUID(), tenant, anomaly: row.id, series: row.series_id, detector: row.detector },
        ...{ verdict, reason, author, at, shape: shapeOf({ ...row, as_of: at }, before) },
      };
      const effect = await onDemand(context.req.raw.signal, async (signal) => {
        await state.db.transaction().execute(async (db) => {
          await insertFeedback({ db }, feedback);
          const factor = { from: thresholdFactor(before), to: thresholdFactor([...before, feedback]) };
          const details = { feedback: feedback.id, verdict, reason, author, thresholdFactor: factor };
          await recordAudit({ db }, actorOf(context), { action: 'feedback.given', target: row.id, details }, now());
        });
        return effectOf(feedback, thresholdFactor(before), signal);
      });
      return context.json({ feedback: toFeedback(feedback), effect }, 201);
    })
    .openapi(listRoute, async (context) => {
      const rows = await listFeedback(state, context.get('principal').tenant, context.req.valid('query'));
      return context.json({ items: rows.reverse().map(toFeedback), nextCursor: null }, 200);
    })
    .openapi(withdrawRoute, async (context) => {
      const { tenant } = context.get('principal');
      const { id } = context.req.valid('param');
      const effect = await onDemand(context.req.raw.signal, async (signal) => {
        const { feedback, before } = await state.db.transaction().execute(async (db) => {
          const feedback = await deleteFeedback({ db }, tenant, id);
          if (feedback === undefined) throw new AppError('not_found', `no feedback ${JSON.stringify(id)}`);
          const { anomaly, series, verdict, reason, author } = feedback;
          const left = await listFeedback({ db }, tenant, { series });
          const before = thresholdFactor([...left, feedback]);
          const factor = { from: before, to: thresholdFactor(left) };
          const details = { feedback: id, verdict, reason, author, thresholdFactor: factor };
          const entry = { action: 'feedback.withdrawn', target: anomaly, details } as const;
          await recordAudit({ db }, actorOf(context), entry, now());
          return { feedback, before };
        });
        return effectOf(feedback, before, signal);
      });
      return context.json(effect, 200);
    });
}

/** What a person said, in an answer. */
export function toFeedback({ id, anomaly, series, verdict, reason, author, at }: Feedback) {
  return { id, anomalyId: anomaly, seriesId: series, verdict, reason, author, at: toIso(at) };
}

function toAffected({ id, startedAt, peakScore }: AffectedAnomaly) {
  return { id, startedAt: toIso(startedAt), peakScore };
}

import { createRoute, z } from '@hono/zod-openapi';
import { findJob, type Job } from '../analytics/job.ts';
import type { Runner } from '../analytics/runner.ts';
import { recordAudit } from '../store/records/audit.ts';
import { findRun, type JobRun, listRuns, readWatermark, runStatuses } from '../store/records/job-runs.ts';
import type { StateStore } from '../store/state.ts';
import { AppError } from '../telemetry/errors.ts';
import { actorOf } from './actor.ts';
import { isOperator, requireOperator, requireScope } from './auth.ts';
import { limitBody } from './body-limit.ts';
import { createRouter } from './context.ts';
import { pageOf, pageQuery } from './page.ts';
import { problemResponses } from './problem.ts';
import { inOrder } from './time-range.ts';
import { isoTime, timeQuery, toIso } from './values.ts';

const runSchema = z
  .object({
    id: z.string(),
    job: z.string(),
    trigger: z.enum(['schedule', 'request']),
    from: isoTime,
    to: isoTime,
    status: z.enum(runStatuses),
    progressRatio: z.number(),
    startedAt: isoTime,
    finishedAt: isoTime.nullable(),
    result: z.record(z.string(), z.number()),
    error: z.string().openapi({ description: 'Why it failed; of a run that succeeded, which parts did not.' }),
  })
  .openapi('JobRun');
const jobSchema = z
  .object({
    id: z.string(),
    description: z.string(),
    schedule: z.string(),
    watermark: isoTime.nullable().openapi({ description: 'Up to where the job has seen the data.' }),
    lagSeconds: z.number().nullable(),
    lastRun: runSchema.nullable(),
  })
  .openapi('Job');

const params = z.object({ id: z.string().max(100) });
const read = { method: 'get' as const, tags: ['jobs'] };
const ofAllTenants = 'Runs are of all tenants at once: it needs a key of the tenant `default`.';

const listRoute = createRoute({
  ...read,
  path: '/v1/jobs',
  summary: 'List jobs with their watermarks and last runs',
  description: 'Jobs work for all tenants at once; what a run counted is shown to the tenant `default` alone.',
  middleware: requireScope('read'),
  responses: {
    200: { description: 'Jobs', content: { 'application/json': { schema: pageOf(jobSchema) } } },
    ...problemResponses,
  },
});

const runsRoute = createRoute({
  ...read,
  path: '/v1/jobs/{id}/runs',
  summary: 'The runs of a job of the last seven days, newest first',
  description: ofAllTenants,
  middleware: [requireScope('read'), requireOperator()] as const,
  request: { params, query: z.object({ limit: pageQuery.limit }) },
  responses: {
    200: { description: 'Runs', content: { 'application/json': { schema: pageOf(runSchema) } } },
    ...problemResponses,
  },
});

const runRoute = createRoute({
  ...read,
  path: '/v1/jobs/{id}/runs/{run}',
  summary: 'One run',
  description: ofAllTenants,
  middleware: [requireScope('read'), requireOperator()] as const,
  request: { params: params.extend({ run: z.string().max(100) }) },
  responses: {
    200: { description: 'Run', content: { 'application/json': { schema: runSchema } } },
    ...problemResponses,
  },
});

const requestRoute = createRoute({
  method: 'post',
  path: '/v1/jobs/{id}/runs',
  summary: 'Run a job over a window of the past',
  description: `The window is widened to the grid of the job. Running a window again changes nothing. ${ofAllTenants}`,
  tags: ['jobs'],
  middleware: [requireScope('operate'), requireOperator(), limitBody()] as const,
  request: {
    params,
    body: {
      required: true,
      content: { 'application/json': { schema: inOrder(z.strictObject({ from: timeQuery, to: timeQuery })) } },
    },
  },
  responses: {
    202: { description: 'Queued', content: { 'application/json': { schema: runSchema } } },
    ...problemResponses,
  },
});

export interface JobsRoutesDeps {
  jobs: readonly Job[];
  runner: Runner;
  state: StateStore;
  /** Windows end so long before now; a job that has reached that has no lag. */
  latenessSeconds: number;
  now: () => Date;
}

/** `GET /v1/jobs`, `GET` and `POST /v1/jobs/{id}/runs`, `GET /v1/jobs/{id}/runs/{run}`. */
export function createJobsRoutes({ jobs, runner, state, latenessSeconds, now }: JobsRoutesDeps) {
  return createRouter()
    .openapi(listRoute, async (context) => {
      const seesAll = isOperator(context.get('principal'));
      const items = await Promise.all(
        jobs.map(async ({ id, description, schedule }) => {
          const [watermark, [lastRun]] = await Promise.all([readWatermark(state, id), listRuns(state, id, 1)]);
          return {
            id,
            description,
            schedule,
            watermark: watermark === undefined ? null : toIso(watermark),
            lagSeconds:
              watermark === undefined ? null : Math.max(0, (now().getTime() - watermark) / 1000 - latenessSeconds),
            lastRun: lastRun === undefined ? null : toRun(seesAll ? lastRun : { ...lastRun, result: {}, error: '' }),
          };
        }),
      );
      return context.json({ items, nextCursor: null }, 200);
    })
    .openapi(runsRoute, async (context) => {
      const { id } = context.req.valid('param');
      findJob(jobs, id);
      const runs = await listRuns(state, id, context.req.valid('query').limit);
      return context.json({ items: runs.map(toRun), nextCursor: null }, 200);
    })
    .openapi(runRoute, async (context) => {
      const { id, run: runId } = context.req.valid('param');
      const run = await findRun(state, id, runId);
      if (run === undefined)
        throw new AppError('not_found', `no run ${JSON.stringify(runId)} of the job ${JSON.stringify(id)}`);
      return context.json(toRun(run), 200);
    })
    .openapi(requestRoute, async (context) => {
      const { id } = context.req.valid('param');
      const { from, to } = context.req.valid('json');
      if (to > now().getTime() + 86_400_000)
        throw new AppError('invalid_request', 'to is in the future', {
          errors: [{ pointer: '/to', detail: 'in the future' }],
        });
      const run = await runner.request(id, from, to);
      const details = { run: run.id, from: toIso(from), to: toIso(to) };
      await recordAudit(state, actorOf(context), { action: 'job.run_requested', target: id, details }, now());
      context.header('location', `/v1/jobs/${id}/runs/${run.id}`);
      return context.json(toRun(run), 202);
    });
}

function toRun({ from, to, progress, startedAt, finishedAt, ...run }: JobRun) {
  return {
    ...run,
    from: toIso(from),
    to: toIso(to),
    progressRatio: progress,
    startedAt: toIso(startedAt),
    finishedAt: finishedAt === null ? null : toIso(finishedAt),
  };
}

import type { OpenAPIHono } from '@hono/zod-openapi';
import { matchedRoutes } from 'hono/route';
import { secureHeaders } from 'hono/secure-headers';
import type { BodyGate } from '../ingest/body-gate.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type AgentsRoutesDeps, createAgentsRoutes } from './agents.ts';
import { allowedMethods } from './allowed-methods.ts';
import { createAnomaliesRoutes } from './anomalies.ts';
import { createAuditRoutes } from './audit.ts';
import { authenticate, declaredScopes } from './auth.ts';
import { boundBodies } from './bound-bodies.ts';
import { type CapacityRoutesDeps, createCapacityRoutes } from './capacity.ts';
import { type CardinalityRoutesDeps, createCardinalityRoutes } from './cardinality.ts';
import { compressLarge } from './compress.ts';
import { createConsoleRoutes } from './console.ts';
import { type AppEnvironment, createRouter } from './context.ts';
import { describeApi } from './describe-api.ts';
import { createDetectorsRoutes } from './detectors.ts';
import { createDocsRoutes } from './docs.ts';
import { answerError } from './error-answers.ts';
import { createExplanationsRoutes, type ExplanationsRoutesDeps } from './explanations.ts';
import { createFeedbackRoutes, type FeedbackRoutesDeps } from './feedback.ts';
import { createForecastBacktestRoutes } from './forecast-backtest.ts';
import { createForecastLedgerRoutes } from './forecast-ledger.ts';
import { createForecastsRoutes, type ForecastsRoutesDeps } from './forecasts.ts';
import { idempotent } from './idempotency.ts';
import { createIncidentsRoutes } from './incidents.ts';
import { createIngestRoutes, type IngestRoutesDeps } from './ingest.ts';
import { createJobsRoutes, type JobsRoutesDeps } from './jobs.ts';
import { createKeyring } from './keyring.ts';
import { createKeysRoutes } from './keys.ts';
import { createLevelShiftsRoutes } from './level-shifts.ts';
import { createMaintenanceRoutes } from './maintenance.ts';
import { createModelsRoutes } from './models.ts';
import { createOnDemand } from './on-demand.ts';
import { createProbeRoutes, createStatusRoutes, type OperationsDeps } from './operations.ts';
import { createOtlpRoutes, type OtlpRoutesDeps } from './otlp.ts';
import { problem, problemOf } from './problem.ts';
import { createQuarantineRoutes, type QuarantineRoutesDeps } from './quarantine.ts';
import { limitRate, type RateLimits } from './rate-limit.ts';
import { readAfterWrites } from './read-after-writes.ts';
import { createRemoteWriteRoutes, type RemoteWriteRoutesDeps } from './remote-write.ts';
import { createSeriesRoutes } from './series.ts';
import { createSlosRoutes } from './slos.ts';
import { createStreamRoutes, type StreamRoutesDeps } from './stream.ts';
import { createStuckTasksRoutes } from './stuck-tasks.ts';
import { createTenantsRoutes } from './tenants.ts';
import { traceContext } from './trace-context.ts';

export interface AppDeps
  extends AgentsRoutesDeps,
    ExplanationsRoutesDeps,
    Omit<CapacityRoutesDeps, 'onDemand'>,
    Omit<ForecastsRoutesDeps, 'onDemand'>,
    CardinalityRoutesDeps,
    Omit<FeedbackRoutesDeps, 'onDemand'>,
    IngestRoutesDeps,
    JobsRoutesDeps,
    OperationsDeps,
    OtlpRoutesDeps,
    QuarantineRoutesDeps,
    RemoteWriteRoutesDeps,
    StreamRoutesDeps {
  auth: 'none' | 'required';
  /** Of requests that wait for the models. */
  onDemandLimits: { maxRequests: number; timeoutSeconds: number };
  limits: RateLimits;
  bodyGate: BodyGate;
  metrics: Metrics;
  log: Logger;
}

/** Builds the whole HTTP application out of what it is given. */
export function createApp(deps: AppDeps): OpenAPIHono<AppEnvironment> {
  const app = createRouter();
  const onDemand = createOnDemand(deps.onDemandLimits);
  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', { type: 'http', scheme: 'bearer' });
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    ...{ type: 'apiKey', in: 'header', name: 'X-Auth-Token' },
  });
  answerErrors(app, deps);
  app.use(traceContext());
  measure(app, deps.metrics);
  app.use(compressLarge());
  app.use(secureHeaders({ contentSecurityPolicy: undefined as never, crossOriginEmbedderPolicy: false }));

  app.route('/', createProbeRoutes(deps));
  app.route('/', createDocsRoutes());
  app.route('/', createConsoleRoutes());
  app.get('/openapi.json', (context) => context.json(describeApi(app, deps)));

  const open = app.routes.length;
  const keyring = createKeyring(deps);
  app.use(authenticate({ auth: deps.auth, keyring }));
  app.use(limitRate(deps));
  app.use(boundBodies(deps));
  app.use(idempotent(deps));
  app.route('/', createIngestRoutes(deps));
  app.route('/', createRemoteWriteRoutes(deps));
  app.route('/', createOtlpRoutes(deps));
  app.route('/', createStatusRoutes(deps));
  app.use(readAfterWrites(deps.writer));
  app.route('/', createQuarantineRoutes(deps));
  app.route('/', createAgentsRoutes(deps));
  app.route('/', createSeriesRoutes(deps));
  app.route('/', createForecastsRoutes({ ...deps, onDemand }));
  app.route('/', createForecastLedgerRoutes(deps));
  app.route('/', createForecastBacktestRoutes({ ...deps, onDemand }));
  app.route('/', createCapacityRoutes({ ...deps, onDemand }));
  app.route('/', createDetectorsRoutes({ ...deps, onDemand }));
  app.route('/', createAnomaliesRoutes({ ...deps, onDemand }));
  app.route('/', createLevelShiftsRoutes(deps));
  app.route('/', createExplanationsRoutes(deps));
  app.route('/', createFeedbackRoutes({ ...deps, onDemand }));
  app.route('/', createIncidentsRoutes(deps));
  app.route('/', createStuckTasksRoutes(deps));
  app.route('/', createStreamRoutes(deps));
  app.route('/', createSlosRoutes(deps));
  app.route('/', createJobsRoutes(deps));
  app.route('/', createModelsRoutes(deps));
  app.route('/', createMaintenanceRoutes(deps));
  app.route('/', createKeysRoutes({ ...deps, keyring }));
  app.route('/', createAuditRoutes(deps));
  app.route('/', createCardinalityRoutes(deps));
  app.route('/', createTenantsRoutes(deps));
  refuseUnguarded(app.routes.slice(open));
  return app;
}

/** A route that says nothing of its scope would be open to every key. */
function refuseUnguarded(routes: OpenAPIHono<AppEnvironment>['routes']): void {
  const scopes = declaredScopes(routes);
  const unguarded = routes
    .filter(({ method, path }) => method !== 'ALL' || path !== '/*')
    .map(({ method, path }) => `${method} ${path}`)
    .find((route) => !scopes.has(route));
  if (unguarded !== undefined) throw new Error(`${unguarded} declares no scope; give it requireScope(...)`);
}

function answerErrors(app: OpenAPIHono<AppEnvironment>, { log, metrics }: Pick<AppDeps, 'log' | 'metrics'>): void {
  app.notFound((context) => {
    const { method, path } = context.req;
    const allowed = allowedMethods(app, path);
    if (allowed.length > 0) {
      context.header('allow', allowed.join(', '));
      return problem(context, { code: 'method_not_allowed', detail: `${path} allows ${allowed.join(', ')}` });
    }
    return problem(context, {
      code: 'not_found',
      detail: `nothing is at ${method} ${path}; /docs lists what there is`,
    });
  });
  app.onError((error, context) => {
    const answer = problemOf(error);
    if (answer.code === 'internal' || answer.code === 'unavailable') {
      const { method, path } = context.req;
      const { correlationId, traceparent } = context.get('trace');
      log.error({ err: error, method, path, correlationId, traceparent }, 'request failed');
    }
    const isPressure = answer.exceeded !== undefined || answer.code === 'unavailable';
    if (isPressure) metrics.pressureRefusals.inc({ limit: answer.exceeded?.name ?? answer.awayStore ?? 'service' });
    return answerError(context, answer);
  });
}

function measure(app: OpenAPIHono<AppEnvironment>, { httpRequestDuration }: Metrics): void {
  app.use(async (context, next) => {
    const started = performance.now();
    await next();
    const route = matchedRoutes(context).findLast(({ path }) => path !== '/*')?.path ?? 'unmatched';
    httpRequestDuration.observe(
      { route, method: context.req.method, status: context.res.status },
      (performance.now() - started) / 1000,
    );
  });
}

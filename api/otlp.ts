import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { type OtlpEncoding, type OtlpOutcome, type OtlpSignal, otlpSignals, type TakeExport } from '../ingest/otlp.ts';
import { readRequestBytes } from '../ingest/request-bytes.ts';
import type { Tenant } from '../store/records/tenants.ts';
import { AppError } from '../telemetry/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { answerOtlp, otlpEncodingOf } from './otlp-answers.ts';
import { senderOf } from './sender.ts';

export interface OtlpRoutesDeps {
  otlp: Record<OtlpSignal, TakeExport>;
  tenantOf: (id: string) => Promise<Tenant>;
  maxBodyBytes: number;
  metrics: Pick<Metrics, 'ingestRecords' | 'ingestSkipped'>;
}

const described: Record<OtlpSignal, { summary: string; description: string }> = {
  metrics: {
    summary: 'Send metrics by OTLP',
    description:
      'Data points become samples: gauges as they are, of sums the increases, of histograms count, sum and quantiles of what came since the last point. service.name/service.instance.id names the agent.',
  },
  traces: {
    summary: 'Send spans by OTLP',
    description:
      'Spans of the GenAI conventions: invoke_agent, invoke_workflow and execute_tool become task events; durations and tokens become samples. Other spans are accepted and not stored.',
  },
  logs: {
    summary: 'Send log records by OTLP',
    description:
      'Errors that name a task (attribute task.id) become its failure, other errors are counted in log_errors_total. Records below ERROR are accepted and not stored.',
  },
};

const partialSuccessSchema = z
  .object({ partialSuccess: z.record(z.string(), z.union([z.string(), z.number()])).optional() })
  .openapi('OtlpAnswer', { description: 'Empty when everything was accepted.' });
const statusSchema = z.object({ code: z.number().int(), message: z.string() }).openapi('GoogleRpcStatus');
const both = <T extends z.ZodType>(schema: T) => ({
  'application/x-protobuf': { schema: z.string() },
  'application/json': { schema },
});

/**
 * `POST /v1/metrics`, `/v1/traces`, `/v1/logs`: OTLP over HTTP, protobuf and JSON, answered in the encoding of the
 * request. 200 once what is good is stored, with `partialSuccess` when something was rejected.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function createOtlpRoutes({ otlp, tenantOf, maxBodyBytes, metrics }: OtlpRoutesDeps) {
  const router = createRouter();
  for (const signal of otlpSignals) {
    const path = `/v1/${signal}` as const;
    router.openAPIRegistry.registerPath({
      method: 'post',
      path,
      ...described[signal],
      tags: ['ingest'],
      request: { body: { required: true, content: both(z.record(z.string(), z.unknown())) } },
      responses: {
        200: { description: 'What is good is stored', content: both(partialSuccessSchema) },
        default: { description: 'google.rpc.Status', content: both(statusSchema) },
      },
    });
    router.post(path, requireScope('ingest'), async (context) => {
      const encoding = encodingOf(context);
      const sender = await senderOf(context, tenantOf);
      const body = await readRequestBytes(context.req.raw, maxBodyBytes, ['gzip', 'zstd']);
      const outcome = await otlp[signal](body, encoding, sender);
      count(`otlp_${signal}`, outcome);
      return answerOtlp(context, signal, outcome);
    });
  }

  function count(kind: string, { accepted, rejected, skipped }: OtlpOutcome): void {
    metrics.ingestRecords.inc({ kind, outcome: 'stored' }, accepted);
    metrics.ingestRecords.inc({ kind, outcome: 'refused' }, rejected);
    for (const [reason, times] of Object.entries(skipped)) {
      if (times > 0) metrics.ingestSkipped.inc({ kind, reason }, times);
    }
  }

  return router;
}

function encodingOf(context: Context): OtlpEncoding {
  const encoding = otlpEncodingOf(context);
  if (encoding !== undefined) return encoding;
  const type = JSON.stringify(context.req.header('content-type') ?? '');
  const allowed = 'application/x-protobuf, application/json';
  throw new AppError('unsupported_media_type', `content-type ${type} is not understood; allowed: ${allowed}`);
}

import { z } from '@hono/zod-openapi';
import type { RemoteWrite, RemoteWriteOutcome, RemoteWriteVersion } from '../ingest/remote-write.ts';
import { readRequestBytes } from '../ingest/request-bytes.ts';
import type { Tenant } from '../store/records/tenants.ts';
import { AppError } from '../telemetry/errors.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { requireScope } from './auth.ts';
import { createRouter } from './context.ts';
import { senderOf } from './sender.ts';

export interface RemoteWriteRoutesDeps {
  remoteWrite: RemoteWrite;
  tenantOf: (id: string) => Promise<Tenant>;
  maxBodyBytes: number;
  metrics: Pick<Metrics, 'ingestRecords' | 'ingestSkipped'>;
}

const path = '/api/v1/write';
const kind = 'remote_write';
const versionOfMessage: Readonly<Record<string, RemoteWriteVersion>> = {
  'prometheus.WriteRequest': 1,
  'io.prometheus.write.v2.Request': 2,
};
const textAnswer = { 'text/plain': { schema: z.string() } };

/**
 * `POST /api/v1/write`: Prometheus remote write 1.0 and 2.0. 204 once all is stored; 400 when something was refused,
 * which the sender does not send again, and the rest is stored; 429 and 503 are to be sent again.
 *
 * @see https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/
 */
export function createRemoteWriteRoutes({ remoteWrite, tenantOf, maxBodyBytes, metrics }: RemoteWriteRoutesDeps) {
  const router = createRouter();
  router.openAPIRegistry.registerPath({
    method: 'post',
    path,
    summary: 'Send samples by Prometheus remote write',
    description:
      'Remote write 1.0 and 2.0: protobuf in a snappy block. Of counters, the increases are stored. 204 is sent after everything is stored; 400 says what was refused, and the rest is stored.',
    tags: ['ingest'],
    request: { body: { required: true, content: { 'application/x-protobuf': { schema: z.string() } } } },
    responses: {
      204: { description: 'Stored' },
      default: { description: 'What was refused and why, in plain text', content: textAnswer },
    },
  });
  router.post(path, requireScope('ingest'), async (context) => {
    const version = versionOf(context.req.header('content-type'));
    const sender = await senderOf(context, tenantOf);
    const message = await readRequestBytes(context.req.raw, maxBodyBytes, ['snappy'], 'snappy');
    const outcome = await remoteWrite.write(message, version, sender);
    count(outcome);
    context.header('x-prometheus-remote-write-samples-written', String(outcome.samples));
    context.header('x-prometheus-remote-write-histograms-written', String(outcome.histograms));
    context.header('x-prometheus-remote-write-exemplars-written', '0');
    if (outcome.refused === 0) return context.body(null, 204);
    const reasons = outcome.reasons.join('\n');
    return context.text(`${outcome.refused} samples were refused, the others are stored:\n${reasons}\n`, 400);
  });

  function count({ samples, histograms, refused, skipped }: RemoteWriteOutcome): void {
    metrics.ingestRecords.inc({ kind, outcome: 'stored' }, samples + histograms);
    metrics.ingestRecords.inc({ kind, outcome: 'refused' }, refused);
    for (const [reason, times] of Object.entries(skipped)) {
      if (times > 0) metrics.ingestSkipped.inc({ kind, reason }, times);
    }
  }

  return router;
}

/** The version by the message that `Content-Type` names; senders of 1.0 need not name one. */
function versionOf(contentType = 'application/x-protobuf'): RemoteWriteVersion {
  const [type, ...parameters] = contentType.split(';').map((part) => part.trim());
  const proto = parameters.find((parameter) => /^proto=/i.test(parameter))?.slice('proto='.length);
  const message = proto?.replace(/^"(.*)"$/, '$1') ?? 'prometheus.WriteRequest';
  const version = type!.toLowerCase() === 'application/x-protobuf' ? versionOfMessage[message] : undefined;
  if (version !== undefined) return version;
  const allowed = Object.keys(versionOfMessage).map((each) => `application/x-protobuf;proto=${each}`);
  throw new AppError(
    'unsupported_media_type',
    `content-type ${JSON.stringify(contentType)} is not understood; allowed: ${allowed.join(', ')}`,
  );
}

import { OTLPLogExporter as JsonLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as JsonMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import {
  type AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

export const otlpEncodings = ['protobuf', 'json'] as const;
export type OtlpEncoding = (typeof otlpEncodings)[number];

const exporters = {
  protobuf: { Metric: ProtobufMetricExporter, Trace: ProtobufTraceExporter, Log: ProtobufLogExporter },
  json: { Metric: JsonMetricExporter, Trace: JsonTraceExporter, Log: JsonLogExporter },
};

export interface SdkOptions {
  /** The base URL; without it and a resource, the SDK reads `OTEL_EXPORTER_OTLP_ENDPOINT` and its kin. */
  url?: string;
  encoding: OtlpEncoding;
  resource?: Record<string, string>;
  temporality?: AggregationTemporality;
  isExponential?: boolean;
  /** Sent with each export, as `OTEL_EXPORTER_OTLP_HEADERS` names them. */
  headers?: Record<string, string>;
}

/** The SDK of OpenTelemetry with its real exporters; `shutdown` sends what is left and waits. */
export function startSdk({
  url,
  encoding,
  resource: attributes,
  temporality,
  isExponential = false,
  headers = {},
}: SdkOptions) {
  const { Metric, Trace, Log } = exporters[encoding];
  const resource =
    attributes === undefined ? detectResources({ detectors: [envDetector] }) : resourceFromAttributes(attributes);
  const to = (signal: string) => (url === undefined ? { headers } : { url: `${url}/v1/${signal}`, headers });
  const exporter = new Metric({
    ...to('metrics'),
    ...(temporality !== undefined && { temporalityPreference: temporality }),
  });
  const meters = new MeterProvider({
    resource,
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    views: isExponential ? [{ instrumentName: '*', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }] : [],
  });
  const tracers = new TracerProvider({
    resource,
    spanProcessors: [new BatchSpanProcessor({ exporter: new Trace(to('traces')) })],
  });
  const loggers = new LoggerProvider({
    resource,
    processors: [new BatchLogRecordProcessor({ exporter: new Log(to('logs')) })],
  });
  return {
    meters,
    tracers,
    loggers,
    async flush() {
      await meters.forceFlush();
      await tracers.forceFlush();
      await loggers.forceFlush();
    },
    async shutdown() {
      await meters.shutdown();
      await tracers.shutdown();
      await loggers.shutdown();
    },
  };
}

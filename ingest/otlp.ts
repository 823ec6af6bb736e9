import type { z } from 'zod';
import { AppError, pointerTo } from '../telemetry/errors.ts';
import type { HistogramSeries } from './histogram-series.ts';
import { parseJsonInTurns } from './json-array.ts';
import type { NativeIngest, Sender } from './native.ts';
import { logsJsonSchema, readLogsJson, readLogsProtobuf, type TakeLog } from './otlp-logs.ts';
import { OtlpMetricsReading } from './otlp-metrics.ts';
import { metricsJsonSchema, readMetricsJson } from './otlp-metrics-json.ts';
import { readMetricsProtobuf } from './otlp-metrics-protobuf.ts';
import { readSpansJson, readSpansProtobuf, spansJsonSchema, type TakeSpan } from './otlp-spans.ts';
import { OtlpTold } from './otlp-told.ts';
import { RecentMap } from './recent-map.ts';
import { type IntakeOptions, SampleIntake } from './sample-intake.ts';
import { maxTenants, SeriesBook } from './series-book.ts';
import { SeriesTrail } from './series-trail.ts';
import { WireError } from './wire.ts';

export type OtlpEncoding = 'protobuf' | 'json';
export const otlpSignals = ['metrics', 'traces', 'logs'] as const;
export type OtlpSignal = (typeof otlpSignals)[number];

/** What became of one export: data points, spans or log records. */
export interface OtlpOutcome {
  accepted: number;
  rejected: number;
  /** Values and records that say nothing that is stored, by reason. */
  skipped: Readonly<Record<string, number>>;
  /** The first reasons of rejections. */
  reasons: readonly string[];
}

/**
 * Takes one export and answers when what is good in it is stored.
 *
 * @throws AppError `invalid_request` of a body that is not the message; as the writer.
 */
export type TakeExport = (body: Buffer, encoding: OtlpEncoding, sender: Sender) => Promise<OtlpOutcome>;

export interface OtlpOptions extends IntakeOptions {
  ingest: Pick<NativeIngest, 'events'>;
}

/** OpenTelemetry's protocol over HTTP: metrics, traces and logs, in protobuf and JSON. */
export function createOtlp(options: OtlpOptions): Record<OtlpSignal, TakeExport> {
  const seriesBook = new SeriesBook();
  const histogramBook = new SeriesBook<HistogramSeries>();
  const toldBook = new SeriesBook();
  const trails = new RecentMap<SeriesTrail>(maxTenants);
  const aliveSince = options.now().getTime();
  const intakeFor = (sender: Sender) => new SampleIntake(options, sender, 'otlp', aliveSince);
  const toldFor = (sender: Sender) => new OtlpTold(intakeFor(sender), toldBook.of(sender.tenant), sender);

  function trailOf(tenant: string): SeriesTrail {
    let trail = trails.get(tenant);
    if (trail === undefined || trail.patterns.isFull) {
      trail = new SeriesTrail();
      trails.set(tenant, trail);
    }
    return trail;
  }

  return {
    async metrics(body, encoding, sender) {
      const { tenant } = sender;
      const intake = intakeFor(sender);
      const ofTenant = { series: seriesBook.of(tenant), histograms: histogramBook.of(tenant), trail: trailOf(tenant) };
      const reading = new OtlpMetricsReading(intake, { tenant, ...ofTenant }, body);
      await readWhole(intake, async () => {
        if (encoding === 'protobuf') await readMetricsProtobuf(body, reading);
        else await readMetricsJson(await parseJson(body, metricsJsonSchema), reading);
      });
      const { refused, skipped, reasons } = await intake.store();
      return { accepted: reading.points, rejected: refused, skipped, reasons };
    },

    async traces(body, encoding, sender) {
      const told = toldFor(sender);
      const take: TakeSpan = (span, from) => told.addSpan(span, from);
      await readWhole(told.intake, async () => {
        if (encoding === 'protobuf') await readSpansProtobuf(body, take);
        else await readSpansJson(await parseJson(body, spansJsonSchema), take);
      });
      return told.store(options.ingest);
    },

    async logs(body, encoding, sender) {
      const told = toldFor(sender);
      const take: TakeLog = (log, from) => told.addLog(log, from);
      await readWhole(told.intake, async () => {
        if (encoding === 'protobuf') await readLogsProtobuf(body, take);
        else await readLogsJson(await parseJson(body, logsJsonSchema), take);
      });
      return told.store(options.ingest);
    },
  };
}

/** Of a message that turns out to be broken, nothing is taken. */
async function readWhole(intake: SampleIntake, read: () => Promise<void>): Promise<void> {
  try {
    await read();
  } catch (error) {
    intake.takeBack();
    if (!(error instanceof WireError)) throw error;
    throw new AppError('invalid_request', `the body is not an OTLP message: ${error.message}`);
  }
}

async function parseJson<T extends z.ZodType>(body: Buffer, schema: T): Promise<z.output<T>> {
  let content: unknown;
  try {
    content = await parseJsonInTurns(body.toString('utf8'));
  } catch (error) {
    throw new AppError('invalid_request', `the body is not JSON: ${(error as Error).message}`);
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues
    .slice(0, 10)
    .map(({ path, message }) => ({ pointer: pointerTo(path), detail: message }));
  const { pointer, detail } = errors[0]!;
  throw new AppError('invalid_request', `the body is not an OTLP message: ${pointer}: ${detail}`, { errors });
}

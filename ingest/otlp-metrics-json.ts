import { z } from 'zod';
import { createBreather } from '../telemetry/turn.ts';
import { attributesOfJson } from './otlp-attributes.ts';
import { attributes, double, integer, resource } from './otlp-json.ts';
import {
  explicitBuckets,
  exponentialBuckets,
  kindOfHistogram,
  kindOfSum,
  type OtlpMetricsReading,
  type PointIdentity,
} from './otlp-metrics.ts';
import { toTimes } from './otlp-ranges.ts';
import { resourceOf } from './otlp-resource.ts';

const pointShape = {
  attributes,
  startTimeUnixNano: integer.default(0),
  timeUnixNano: integer.default(0),
  flags: z.number().int().default(0),
  exemplars: z.array(z.unknown()).default([]),
};
const numberPoint = z.object({ ...pointShape, asDouble: double.optional(), asInt: integer.optional() });
const histogramShape = { ...pointShape, count: integer.default(0), sum: double.optional() };
const histogramPoint = z.object({
  ...histogramShape,
  bucketCounts: z.array(integer).max(10_000).default([]),
  explicitBounds: z.array(double).max(10_000).default([]),
});
const side = z
  .object({ offset: z.number().int().default(0), bucketCounts: z.array(integer).max(10_000).default([]) })
  .prefault({});
const exponentialPoint = z.object({
  ...histogramShape,
  scale: z.number().int().min(-20).max(20).default(0),
  zeroCount: integer.default(0),
  zeroThreshold: double.default(0),
  positive: side,
  negative: side,
});
const summaryPoint = z.object({
  ...histogramShape,
  quantileValues: z.array(z.object({ quantile: double.default(0), value: double.default(0) })).default([]),
});
const temporality = z.number().int().default(0);
const pointsOf = <T extends z.ZodType>(point: T) => z.array(point).default([]);

const metric = z.object({
  name: z.string().default(''),
  unit: z.string().default(''),
  gauge: z.object({ dataPoints: pointsOf(numberPoint) }).optional(),
  sum: z
    .object({
      dataPoints: pointsOf(numberPoint),
      aggregationTemporality: temporality,
      isMonotonic: z.boolean().default(false),
    })
    .optional(),
  histogram: z.object({ dataPoints: pointsOf(histogramPoint), aggregationTemporality: temporality }).optional(),
  exponentialHistogram: z
    .object({ dataPoints: pointsOf(exponentialPoint), aggregationTemporality: temporality })
    .optional(),
  summary: z.object({ dataPoints: pointsOf(summaryPoint) }).optional(),
});
type Metric = z.output<typeof metric>;

/** `ExportMetricsServiceRequest` in OTLP's JSON: lowerCamelCase, 64-bit integers as strings, enums as numbers. */
export const metricsJsonSchema = z.object({
  resourceMetrics: z
    .array(
      z.object({ resource, scopeMetrics: z.array(z.object({ metrics: z.array(metric).default([]) })).default([]) }),
    )
    .default([]),
});

/** Takes the metrics of a checked request. */
export async function readMetricsJson(
  { resourceMetrics }: z.output<typeof metricsJsonSchema>,
  reading: OtlpMetricsReading,
): Promise<void> {
  const breather = createBreather();
  for (const { resource: from, scopeMetrics } of resourceMetrics) {
    reading.beginResource(resourceOf(attributesOfJson(from.attributes)));
    for (const { metrics } of scopeMetrics) {
      for (const each of metrics) {
        takeMetric(each, reading);
        if (breather.isDue()) await breather.now();
      }
    }
  }
}

function takeMetric(
  { name, unit, gauge, sum, histogram, exponentialHistogram, summary }: Metric,
  reading: OtlpMetricsReading,
): void {
  if (gauge !== undefined) {
    reading.beginMetric({ name, unit, kind: 'gauge' });
    takePoints(gauge.dataPoints, reading, takeNumber);
  }
  if (sum !== undefined) {
    reading.beginMetric({ name, unit, kind: kindOfSum(sum.aggregationTemporality, sum.isMonotonic) });
    takePoints(sum.dataPoints, reading, takeNumber);
  }
  if (histogram !== undefined) {
    reading.beginMetric({ name, unit, kind: kindOfHistogram(histogram.aggregationTemporality) });
    takePoints(histogram.dataPoints, reading, (point, identity) => {
      const buckets = explicitBuckets(point.explicitBounds, point.bucketCounts);
      reading.addHistogram(identity, { ...timesOf(point), count: point.count, sum: point.sum, buckets });
    });
  }
  if (exponentialHistogram !== undefined) {
    reading.beginMetric({ name, unit, kind: kindOfHistogram(exponentialHistogram.aggregationTemporality) });
    takePoints(exponentialHistogram.dataPoints, reading, (point, identity) => {
      const zero = { count: point.zeroCount, threshold: point.zeroThreshold };
      const [positive, negative] = [point.positive, point.negative].map(({ offset, bucketCounts }) => ({
        offset,
        counts: bucketCounts,
      }));
      const buckets = exponentialBuckets(point.scale, zero, positive!, negative!);
      reading.addHistogram(identity, { ...timesOf(point), count: point.count, sum: point.sum, buckets });
    });
  }
  if (summary !== undefined) {
    reading.beginMetric({ name, unit, kind: 'counter' });
    takePoints(summary.dataPoints, reading, (point, identity) => {
      const { count, sum: total, quantileValues } = point;
      reading.addSummary(identity, { ...timesOf(point), count, sum: total, quantiles: quantileValues });
    });
  }
}

type Point = z.output<z.ZodObject<typeof pointShape>>;

function takePoints<P extends Point>(
  points: readonly P[],
  reading: OtlpMetricsReading,
  take: (point: P, identity: PointIdentity, reading: OtlpMetricsReading) => void,
): void {
  for (const point of points) {
    reading.skipExemplars(point.exemplars.length);
    if (point.flags % 2 === 1) {
      reading.skipPoint();
      continue;
    }
    const readAttributes = () => attributesOfJson(point.attributes);
    take(point, { key: readAttributes().join('\0'), readAttributes }, reading);
  }
}

function takeNumber(point: z.output<typeof numberPoint>, identity: PointIdentity, reading: OtlpMetricsReading): void {
  reading.addNumber(identity, { ...timesOf(point), value: point.asDouble ?? point.asInt ?? 0 });
}

function timesOf({ timeUnixNano, startTimeUnixNano }: Point): { time: number; start: number } {
  return toTimes(startTimeUnixNano, timeUnixNano);
}

import { expect, test } from 'vitest';
import { z } from 'zod';
import { runCommand } from '../tools/command.ts';

const positive = z.number().positive();
const count = z.number().int().positive();

/** What reports are compared by from release to release: a field that goes missing is a break. */
const smokeReport = z.strictObject({
  bench: z.literal('smoke'),
  isQuick: z.literal(true),
  machine: z.strictObject({
    measuredAt: z.iso.datetime(),
    node: z.string(),
    platform: z.string(),
    cpuModel: z.string(),
    cpus: count,
    memoryBytes: count,
    loadAverage: z.number().min(0),
  }),
  startToReady: z.strictObject({ coldSeconds: positive, warmSeconds: positive }),
  arrayPosts: z.strictObject({
    series: count,
    samplesPerSeries: count,
    batchSamples: count,
    connections: count,
    samples: count,
    seconds: positive,
    samplesPerSecond: positive,
    eventLoopLagP99Seconds: positive,
  }),
  singleHeartbeats: z.strictObject({
    connections: z.literal(32),
    seconds: positive,
    agents: count,
    answered: count,
    failed: z.literal(0),
    requestsPerSecond: positive,
    p50Ms: positive,
    p95Ms: positive,
    p99Ms: positive,
    eventLoopLagP99Seconds: positive,
  }),
  memoryAtRest: z.strictObject({ afterLoadBytes: count, afterWarmStartBytes: count }),
  verified: z.strictObject({
    samplesSent: count,
    samplesFound: count,
    heartbeatsAnswered: count,
    heartbeatsStored: count,
  }),
  demoFleet: z.strictObject({
    agents: z.literal(232),
    days: z.literal(1),
    records: count,
    seedSeconds: positive,
    detectHistory: z.strictObject({ seconds: positive, points: count, pointsPerSecond: positive }),
    detectMinute: z.strictObject({ seconds: positive, points: count }),
    forecast: z.strictObject({ seconds: positive, series: count, seriesPerSecond: positive }),
  }),
});

test('smoke --quick --json prints one JSON object with every field, and all that was sent is found', {
  timeout: 300_000,
}, async () => {
  const { code, stdout, stderr } = await runCommand('bench/main.ts', 'smoke', '--quick', '--json');
  expect(code, stderr).toBe(0);
  const { verified, singleHeartbeats } = smokeReport.parse(JSON.parse(stdout));
  expect(verified.samplesFound).toBe(verified.samplesSent);
  // A heartbeat whose answer the end of the load cut off is stored and not counted as answered: at most one a connection.
  expect(verified.heartbeatsStored).toBeGreaterThanOrEqual(verified.heartbeatsAnswered);
  expect(verified.heartbeatsStored - verified.heartbeatsAnswered).toBeLessThanOrEqual(singleHeartbeats.connections);
  expect(singleHeartbeats.p50Ms).toBeLessThanOrEqual(singleHeartbeats.p95Ms);
});

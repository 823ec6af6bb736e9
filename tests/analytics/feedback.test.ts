import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDetectJob } from '../../analytics/detect.ts';
import { applyFeedback } from '../../analytics/held-back.ts';
import { defaultDetectorSettings as settings } from '../../models/detectors/detector.ts';
import type { FeedbackVerdict } from '../../models/feedback/hold-back.ts';
import { scoresOfSeries } from '../../store/queries/detection.ts';
import { deleteFeedback, type Feedback, insertFeedback } from '../../store/records/feedback.ts';
import { dayMs, hourMs, insertSeries, minuteMs, mondayMs, readAll } from '../store/rows.ts';
import { hasChdb } from '../support/servers.ts';
import { dailySwing, newTenantState, runWindow, startWorkbench, type Workbench } from './workbench.ts';

const start = mondayMs;
const end = start + 2 * dayMs;
const spikeMs = end - 4 * hourMs;

describe.skipIf(!hasChdb())('what people say of a series', () => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await startWorkbench();
  });
  afterAll(() => bench?.stop());

  /** A tenant with one series of two days that leaps for a quarter of an hour, of which one thing was said. */
  async function arrange(said?: { verdict: FeedbackVerdict; score: number }) {
    const { telemetry, models } = bench;
    const { tenant, state } = await newTenantState();
    const points = Array.from({ length: (end - start) / minuteMs }, (_, i) => start + i * minuteMs).map((time) => ({
      time,
      value: dailySwing(time) + (time >= spikeMs && time < spikeMs + 15 * minuteMs ? 110 : 0),
    }));
    const series = await insertSeries(telemetry, { tenant, metric: 'memory_bytes', labels: {}, points });
    const feedback: Feedback = {
      ...{ id: 'said', tenant, anomaly: '', series, detector: 'composite', reason: '', author: 'kim', at: start },
      ...{ verdict: said?.verdict ?? 'real' },
      shape: { direction: 'below', score: said?.score ?? 1, startMs: start, durationMs: 0 },
    };
    if (said !== undefined) await insertFeedback(state, feedback);
    await runWindow(createDetectJob({ telemetry, state, models, excludeMetrics: [], ...settings }), start, end);
    const range = { tenant, id: series, from: spikeMs, to: spikeMs + minuteMs };
    const [band] = await telemetry.query(scoresOfSeries, range);
    const width = band!.upper[0]! - band!.expected[0]!;
    const heldBack = async () => {
      const rows = await readAll(telemetry, 'anomalies', tenant);
      return rows.map(({ held_back_by }) => held_back_by);
    };
    return { state, feedback, score: band!.scores[0]!, width, heldBack };
  }

  test('lowers or raises its threshold in the detect job: by half it scores double, raised it is held back and kept', async () => {
    const plain = await arrange();
    expect(plain.score).toBeGreaterThan(1);
    expect(await plain.heldBack()).toEqual(['']);

    const lowered = await arrange({ verdict: 'real', score: 0.6 });
    expect(lowered.score / plain.score).toBeCloseTo(2, 5);
    expect(lowered.width / plain.width).toBeCloseTo(0.5, 5);

    const raised = await arrange({ verdict: 'false_alarm', score: plain.score });
    expect([raised.score, raised.width]).toEqual([plain.score, plain.width]);
    expect(await raised.heldBack()).toEqual(['said']);
    const { telemetry } = bench;
    await deleteFeedback(raised.state, raised.feedback.tenant, 'said');
    const { back, thresholdFactor } = await applyFeedback({ telemetry, state: raised.state }, raised.feedback, end);
    expect([back.length, thresholdFactor]).toEqual([1, 1]);
    expect(await raised.heldBack()).toEqual(['']);
  });
});

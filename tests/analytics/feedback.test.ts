import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDetectJob } from '../../analytics/detect.ts';
import { createDetectByFeedbackJob, movedJobId } from '../../analytics/detect-by-feedback.ts';
import { applyFeedback, type FeedbackDeps } from '../../analytics/feedback-effect.ts';
import { createIncidentsJob, incidentsJobId } from '../../analytics/incidents.ts';
import { movedDetector } from '../../analytics/moved-thresholds.ts';
import { defaultDetectorSettings as settings } from '../../models/detectors/detector.ts';
import { type FeedbackVerdict, verdicts } from '../../models/feedback/hold-back.ts';
import { listAnomalies } from '../../store/queries/detection.ts';
import { deleteFeedback, type Feedback, insertFeedback, listFeedback } from '../../store/records/feedback.ts';
import { advanceWatermark } from '../../store/records/job-runs.ts';
import { listTenants, type Tenant } from '../../store/records/tenants.ts';
import { dayMs, hourMs, insertSeries, minuteMs, mondayMs } from '../store/rows.ts';
import { hasChdb } from '../support/servers.ts';
import { allIncidents, dailySwing, newTenantState, runWindow, startWorkbench, type Workbench } from './workbench.ts';

const start = mondayMs;
const end = start + 4 * dayMs;

/** Leaps of five minutes, by hours before the end: plain ones, faint ones, and a faint one that becomes bad. */
const leaps: [hoursBefore: number, size: number][] = [
  [45, 70],
  [36, 12],
  [28, 25],
  [20, 50],
  [19.75, 62],
  [10, 14],
  [5, 85],
];

function valueAt(time: number): number {
  const leap = leaps.find(([hours]) => time >= end - hours * hourMs && time < end - hours * hourMs + 5 * minuteMs);
  return dailySwing(time) + (leap?.[1] ?? 0);
}

interface Arranged {
  deps: FeedbackDeps;
  tenant: Tenant;
  series: string;
}

describe.skipIf(!hasChdb())('what people say of a series', () => {
  let bench: Workbench;
  let arranged: Arranged;
  beforeAll(async () => {
    bench = await startWorkbench();
    arranged = await arrange();
    await runJobs(arranged, [start, end]);
  });
  afterAll(() => bench?.stop());

  /** A tenant with one series of four days, of which nothing was found yet. */
  async function arrange(): Promise<Arranged> {
    const { tenant: id, state } = await newTenantState();
    const points = Array.from({ length: (end - start) / minuteMs }, (_, i) => start + i * minuteMs).map((time) => ({
      time,
      value: valueAt(time),
    }));
    const labels = { agent: 'worker' };
    const series = await insertSeries(bench.telemetry, { tenant: id, metric: 'memory_bytes', labels, points });
    const deps = { telemetry: bench.telemetry, models: bench.models, state, ...settings };
    return { deps, tenant: (await listTenants(state))[0]!, series };
  }

  /** Runs what finds anomalies and incidents over the windows between the edges, one job after the other. */
  async function runJobs({ deps }: Arranged, edges: readonly number[]) {
    const { telemetry, state } = deps;
    const jobs = [
      createDetectJob({ ...deps, excludeMetrics: [] }),
      createDetectByFeedbackJob(deps),
      createIncidentsJob({ telemetry, state }),
    ];
    for (let i = 1; i < edges.length; i++) {
      for (let from = edges[i - 1]!; from < edges[i]!; from += dayMs)
        for (const job of jobs) await runWindow(job, from, Math.min(from + dayMs, edges[i]!));
      for (const id of [movedJobId, incidentsJobId]) await advanceWatermark(state, id, edges[i]!);
    }
  }

  const said = (
    { tenant, series }: Arranged,
    id: string,
    { verdict, score, at = end }: { verdict: FeedbackVerdict; score: number; at?: number },
  ): Feedback => ({
    ...{ id, tenant: tenant.id, anomaly: '', series, detector: 'composite', reason: '', author: 'kim', at, verdict },
    shape: { direction: 'above', score, startMs: end - 28 * hourMs, durationMs: 5 * minuteMs },
  });
  async function give({ deps, tenant }: Arranged, feedback: Feedback) {
    await insertFeedback(deps.state, feedback);
    return applyFeedback(deps, tenant, feedback, end);
  }
  async function takeBack({ deps, tenant }: Arranged, id: string) {
    const feedback = (await deleteFeedback(deps.state, tenant.id, id))!;
    return applyFeedback(deps, tenant, feedback, end);
  }
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id).sort();

  /** The lists that people see. */
  async function lists({ deps: { telemetry }, tenant: { id: tenant } }: Arranged) {
    const any = { id: '', series: '', metric: '', agent: '', from: 0, to: 9e12, minScore: 0, open: 2 };
    const page = { beforeTime: 9e12, beforeId: '', limit: 1000 };
    const anomalies = await telemetry.query(listAnomalies, { ...any, ...page, tenant, heldBack: 0 });
    const incidents = await allIncidents(telemetry, tenant);
    return { anomalies, incidents: incidents.map(({ as_of: _, ...row }) => row) };
  }

  const toldAt = (rows: readonly { started_at: number }[]) => rows.map(({ started_at }) => (end - started_at) / hourMs);

  test('lets a lowered threshold tell what was too faint, without moving what was told already', async () => {
    const before = await lists(arranged);
    expect(before.anomalies).not.toEqual([]);
    const effect = await give(arranged, said(arranged, 'faint', { verdict: 'real', score: 0.65 }));
    expect(effect).toMatchObject({ thresholdFactor: 0.52, gone: [], back: [], withdrawn: [] });
    const { anomalies, incidents } = await lists(arranged);
    expect(ids(anomalies)).toEqual([...ids(before.anomalies), ...ids(effect.found)].sort());
    expect(effect.found.length).toBeGreaterThan(1);
    expect(anomalies.every(({ peak_score }) => peak_score > 1)).toBe(true);
    expect(ids(incidents)).toEqual([...ids(before.incidents), ...ids(effect.incidents.back)].sort());

    const { withdrawn, incidents: gone } = await takeBack(arranged, 'faint');
    expect(ids(withdrawn)).toEqual(ids(effect.found));
    expect(ids(gone.gone)).toEqual(ids(effect.incidents.back));
    expect(await lists(arranged)).toEqual(before);
  });

  test('and take back, in whatever order, leaves anomalies and incidents as if it had never been said', async () => {
    const before = await lists(arranged);
    const step = fc.oneof(
      fc.record({ verdict: fc.constantFrom(...verdicts), score: fc.double({ min: 0.6, max: 4, noNaN: true }) }),
      fc.nat(3),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
        const given = new Map<string, Feedback>();
        for (const [i, each] of steps.entries()) {
          if (typeof each !== 'number') given.set(`said-${i}`, said(arranged, `said-${i}`, { ...each, at: end - i }));
          const id = typeof each === 'number' ? [...given.keys()][each] : `said-${i}`;
          if (id === undefined) continue;
          if (typeof each !== 'number') await give(arranged, given.get(id)!);
          else if (given.delete(id)) await takeBack(arranged, id);
        }
        const left = await lists(arranged);
        for (const id of given.keys()) await takeBack(arranged, id);
        expect(await lists(arranged)).toEqual(before);
        for (const feedback of [...given.values()].reverse()) await give(arranged, feedback);
        expect(await lists(arranged)).toEqual(left);
        for (const id of given.keys()) await takeBack(arranged, id);
      }),
      { numRuns: 3, seed: 7 },
    );
    expect(await listFeedback(arranged.deps.state, arranged.tenant.id)).toEqual([]);
  });

  test('is heard by a run that began before it was said', async () => {
    const one = await arrange();
    let isSaid = false;
    const detect: FeedbackDeps['models']['detect'] = async (...task) => {
      const results = await bench.models.detect(...task);
      // Its answer comes before the run has written anything.
      if (!isSaid) await give(one, said(one, 'meanwhile', { verdict: 'false_alarm', score: 900 }));
      isSaid = true;
      return results;
    };
    const job = createDetectJob({ ...one.deps, models: { ...bench.models, detect }, excludeMetrics: [] });
    await runWindow(job, start, end);
    expect((await lists(one)).anomalies).toEqual([]);
    expect((await lists(arranged)).anomalies).not.toEqual([]);
  });

  test('is heard by the jobs: window by window they find what is found when all is judged anew', async () => {
    const live = await arrange();
    const middle = end - 30 * hourMs;
    await runJobs(live, [start, middle]);
    const faint = said(live, 'faint', { verdict: 'real', score: 0.65, at: middle });
    await give(live, faint);
    await runJobs(live, [middle, end - 18 * hourMs, end - 9 * hourMs, end]);
    const found = await lists(live);
    const isFound = (row: { detector: string }) => row.detector === movedDetector;
    expect(found.anomalies.filter((row) => isFound(row) && row.started_at > middle)).not.toEqual([]);
    await takeBack(live, 'faint');
    const plain = await lists(arranged);
    expect(toldAt((await lists(live)).anomalies)).toEqual(toldAt(plain.anomalies));
    expect((await lists(live)).incidents.length).toBe(plain.incidents.length);
    await give(live, faint);
    expect((await lists(live)).anomalies).toEqual(found.anomalies);

    // Said, or taken back, by a request of which a run that was under way did not know.
    await deleteFeedback(live.deps.state, live.tenant.id, 'faint');
    await runJobs(live, [end, end + minuteMs]);
    expect((await lists(live)).anomalies.filter(isFound)).toEqual([]);
  });
});

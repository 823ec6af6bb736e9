import { describe, expect, test } from 'vitest';
import { composite } from '../../../models/detectors/composite.ts';
import { foldDetector, newState } from '../../../models/detectors/detector.ts';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';
import { dayMs, gaussian, hourMs, minuteMs, mondayMs, toPoints } from '../synthetic.ts';

const stepMs = 5 * minuteMs;
const monthMs = 28 * dayMs;
const beginMs = mondayMs + 2 * monthMs;

/** Noise around 100, with a spike of up to 200 more every other day, of one sample. */
function spiky(seed: number) {
  const random = seededRandom(seed);
  const normal = gaussian(seed + 7);
  return () => 100 + normal() + (random() < stepMs / (2 * dayMs) ? 200 * random() : 0);
}

/** Two months of a series, and then an incident of six hours. Answers how long after its begin each alarm came, in minutes. */
function alarmsOfIncident(healthy: () => number, incident: () => number): number[] {
  const state = newState(composite);
  foldDetector(composite, state, toPoints(mondayMs, stepMs, (2 * monthMs) / stepMs, healthy));
  const points = toPoints(beginMs, stepMs, (6 * hourMs) / stepMs, incident);
  const verdicts = foldDetector(composite, state, points);
  return verdicts.flatMap(({ score }, i) => (score > 1 ? [(points.times[i]! - beginMs) / minuteMs] : []));
}

describe('a series that has spent its budget on what stands alone', () => {
  test.each([1, 2, 3])('alarms at once, and once, when it falls and stays down (seed %d)', (seed) => {
    const alarms = alarmsOfIncident(spiky(seed), () => 60);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]!).toBeLessThanOrEqual(5);
  });

  test.each([1, 2, 3])('alarms within an hour, and once, when it stays as high as its spikes go (seed %d)', (seed) => {
    const alarms = alarmsOfIncident(spiky(seed), () => 280);
    expect(alarms).toHaveLength(1);
    expect(alarms[0]!).toBeLessThanOrEqual(60);
  });
});

test('after a quiet month the first sample of an incident is told', () => {
  const normal = gaussian(4);
  expect(
    alarmsOfIncident(
      () => 100 + normal(),
      () => 60,
    ),
  ).toEqual([0]);
});

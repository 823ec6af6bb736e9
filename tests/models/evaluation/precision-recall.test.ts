import { expect, test } from 'vitest';
import { f1Above, precisionRecall } from '../../../models/evaluation/precision-recall.ts';
import { vusPr } from '../../../models/evaluation/vus-pr.ts';

test('average precision and best F1 of the example in the manual of scikit-learn', () => {
  // sklearn.metrics.average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.8333
  const { aucPr, bestF1 } = precisionRecall([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]);
  expect(aucPr).toBeCloseTo(0.8333, 4);
  expect(bestF1).toBeCloseTo(0.8);
});

test('scores that say nothing give the share of the labelled points', () => {
  expect(precisionRecall([1, 0, 0, 0], [5, 5, 5, 5])).toEqual({ aucPr: 0.25, bestF1: 0.4 });
});

test('F1 at a threshold counts what passes it', () => {
  expect(f1Above([1, 1, 0, 0], [2, 0.5, 2, 0], 1)).toBeCloseTo(0.5);
  expect(f1Above([1, 0], [1, 1], 1)).toBe(0);
});

test('without a labelled point there is nothing to measure', () => {
  expect(precisionRecall([0, 0], [1, 2]).aucPr).toBeNaN();
  expect(vusPr([0, 0], [1, 2])).toBeNaN();
});

test('without a buffer the volume is the area with the share of the stretches that were found', () => {
  const labels = [0, 1, 1, 0, 0, 1, 0];
  // Thresholds 7 to 1. By hand: TP 1, 1, 2, 2, 3, 3, 3 of 3; stretches 1/2, 1/2, 1/2, 1/2, 1, 1, 1 of all;
  // precision 1, 1/2, 2/3, 1/2, 3/5, ...; recall 1/6, 1/6, 1/3, 1/3, 1, 1, 1: 1/6 + 1/6 * 2/3 + 2/3 * 3/5.
  const scores = [1, 7, 5, 6, 4, 3, 2];
  expect(vusPr(labels, scores, { maxBuffer: 0, thresholds: 7 })).toBeCloseTo(
    1 / 6 + (1 / 6) * (2 / 3) + (2 / 3) * (3 / 5),
  );
});

test('points beside a stretch count in part, so that a near miss is worth more than a far one', () => {
  const labels = Uint8Array.from({ length: 200 }, (_, i) => (i >= 100 && i < 110 ? 1 : 0));
  const alarmAt = (from: number) => Float64Array.from(labels, (_, i) => (i >= from && i < from + 10 ? 1 : 0));
  expect(vusPr(labels, alarmAt(100))).toBeGreaterThan(vusPr(labels, alarmAt(106)));
  expect(vusPr(labels, alarmAt(106))).toBeGreaterThan(vusPr(labels, alarmAt(118)));
  expect(vusPr(labels, alarmAt(118))).toBeGreaterThan(vusPr(labels, alarmAt(10)));
});

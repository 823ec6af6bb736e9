import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgePeers, minCohort, type PeerMember } from '../../../models/peers/peer-position.ts';
import { seededRandom } from '../../../models/statistics/seeded-random.ts';

/** Agents that share a rhythm, each with noise and an offset of its own. */
function cohort(size: number, steps: number, offsets: readonly number[] = []): PeerMember[] {
  return Array.from({ length: size }, (_, i) => {
    const random = seededRandom(i + 1);
    const values = Float64Array.from(
      { length: steps },
      (_, step) => 100 + 40 * Math.sin(step / 30) + (offsets[i] ?? 0) + 4 * (random() + random() - 1),
    );
    return { values, state: null };
  });
}

const scoresOf = (members: readonly PeerMember[], i: number) => judgePeers(members)[i]!.verdicts.score;

test('an agent that leaves its peers in its first hour is found in its second odd minute', () => {
  const members = cohort(8, 40);
  members[3]!.values.fill(200, 30);
  const { score, reasons, expected } = judgePeers(members)[3]!.verdicts;
  expect(score[30]).toBeLessThan(1);
  expect(score[31]).toBeGreaterThan(1);
  expect(reasons.get(31)).toMatch(/^\d+\.\d spreads above what 7 others of its type show/);
  expect(expected[31]).toBeLessThan(150);
});

test('what moves all of them is no anomaly of any of them', () => {
  const members = cohort(8, 300).map(({ values, state }) => ({
    values: values.map((value, step) => (step > 100 && step < 150 ? 10 * value : value)),
    state,
  }));
  for (let i = 0; i < 8; i++) expect(Math.max(...scoresOf(members, i))).toBeLessThan(1);
});

test('one odd minute alone is no anomaly', () => {
  const members = cohort(8, 60);
  members[0]!.values[50] = 1e6;
  expect(Math.max(...scoresOf(members, 0))).toBeLessThan(1);
});

test('an offset that an agent always had is taken off after an hour, and its change is found', () => {
  const members = cohort(9, 600, [0, 0, 0, 0, 25]);
  members[4]!.values.fill(100, 500, 520);
  const { verdicts } = judgePeers(members)[4]!;
  expect(Math.max(...verdicts.score.subarray(70, 480))).toBeLessThan(1);
  expect(verdicts.expected[480]! - judgePeers(members)[0]!.verdicts.expected[480]!).toBeGreaterThan(15);
});

test('an incident of hours does not become the offset', () => {
  const members = cohort(8, 1000);
  for (let step = 400; step < 900; step++) members[2]!.values[step]! += 100;
  const { score } = judgePeers(members)[2]!.verdicts;
  expect(score[895]).toBeGreaterThan(0.8 * score[402]!);
  expect(score[895]).toBeGreaterThan(1);
  expect(score[905]).toBeLessThan(1);
});

test('with too few peers nothing is said', () => {
  const members = cohort(minCohort - 1, 20);
  members[0]!.values.fill(1e9, 10);
  expect(Math.max(...scoresOf(members, 0))).toBe(0);
});

test('a batch is the fold of batches, and values of any kind give finite verdicts', () => {
  const value = fc.oneof(fc.double({ min: -1e12, max: 1e12, noNaN: true }), fc.constantFrom(0, 5, Number.NaN));
  const members = fc.array(fc.array(value, { minLength: 12, maxLength: 12 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(members, fc.nat(12), (rows, cut) => {
      const all = rows.map((row) => ({ values: Float64Array.from(row), state: null }));
      const first = judgePeers(all.map(({ values }) => ({ values: values.slice(0, cut), state: null })));
      const second = judgePeers(
        all.map(({ values }, i) => ({
          values: values.slice(cut),
          state: JSON.parse(JSON.stringify(first[i]!.state)),
        })),
      );
      for (const [i, { verdicts, state }] of judgePeers(all).entries()) {
        expect([...first[i]!.verdicts.score, ...second[i]!.verdicts.score]).toEqual([...verdicts.score]);
        expect(state).toEqual(second[i]!.state);
        expect([...verdicts.score, ...verdicts.expected, ...verdicts.upper].every(Number.isFinite)).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});

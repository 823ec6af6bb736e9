import { expect, test } from 'vitest';
import { callEvidence } from '../../../models/root-cause/call-evidence.ts';

const minute = 60_000;
const from = 60 * minute;

/** One bucket a minute for an hour and ten minutes: ten calls each, at `before`, and at `during` from the incident on. */
function calls(before: number, during: number) {
  const starts = Array.from({ length: 70 }, (_, i) => i * minute).filter((start) => before >= 0 || start >= from);
  const harmPerCall = starts.map((start) => (start < from ? before : during));
  return { starts, stepMs: minute, calls: starts.map(() => 10), harmPerCall };
}

test('the harm beyond the ordinary is told with what it was before, in the unit of the harm', () => {
  expect(callEvidence(new Map([['a', calls(0.1, 0.5)]]), 'latency', from)).toEqual([
    {
      ...{ component: 'a', impact: expect.closeTo(4, 9), isNew: false, score: 1 },
      observations: ['0.5 s a call, ordinarily 0.1 s'],
    },
  ]);
  const [failing] = callEvidence(new Map([['a', calls(0.01, 0.25)]]), 'failures', from);
  expect(failing!.observations).toEqual(['25 % of calls fail, ordinarily 1 %']);
});

test('what is not worse says nothing, and what was not called before says so', () => {
  const [same, appeared] = callEvidence(
    new Map([
      ['same', calls(0.1, 0.1)],
      ['appeared', calls(-1, 0.2)],
    ]),
    'latency',
    from,
  );
  expect(same).toMatchObject({ impact: expect.closeTo(0, 9), observations: [] });
  expect(appeared).toMatchObject({ isNew: true, observations: ['0.2 s a call, not called before'] });
});

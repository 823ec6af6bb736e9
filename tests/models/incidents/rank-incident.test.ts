import { describe, expect, test } from 'vitest';
import { harmOf, rankIncident } from '../../../models/incidents/rank-incident.ts';
import { finding } from './findings.ts';

const minute = 60_000;
const startMs = 120 * minute;
const chain = [
  { caller: 'site', callee: 'service' },
  { caller: 'service', callee: 'database' },
];
/** Ten calls a minute that took 0.1 s each, and from the incident on so many seconds. */
const calls = (during: number) => {
  const starts = Array.from({ length: 130 }, (_, i) => i * minute);
  const harmPerCall = starts.map((start) => (start < startMs ? 0.1 : during));
  return { starts, stepMs: minute, calls: starts.map(() => 10), harmPerCall };
};
const slow = (agent: string, score: number) =>
  finding(agent, { metric: 'task_duration_seconds', score, start: startMs / minute, reason: 'is above' });
const found = [slow('site', 9), slow('service', 7)];

describe('suspects of an incident', () => {
  test('are ranked by the harm of calls that is their own where it is measured, also who was not found', () => {
    const byAgent = new Map([
      ['site', calls(1)],
      ['service', calls(0.9)],
      ['database', calls(0.8)],
      ['batch', calls(5)],
    ]);
    const suspects = rankIncident(found, chain, { harm: 'latency', byAgent });
    expect(suspects.map(({ component }) => component)).toEqual(['database', 'service', 'site']);
    expect(suspects[0]!.reasons).toEqual([
      '0.8 s a call, ordinarily 0.1 s',
      'nothing that it calls explains it',
      'it was among the first to deviate',
    ]);
    expect(suspects[2]!.reasons).toContain('task_duration_seconds is above');
  });

  test.each([
    ['when nothing was measured', undefined],
    ['when the calls to one that was found are not known', new Map([['site', calls(1)]])],
    [
      'when no calls cost more',
      new Map([
        ['site', calls(0.1)],
        ['service', calls(0.1)],
      ]),
    ],
  ])('are ranked by their scores %s', (_, byAgent) => {
    const measured = byAgent && { harm: 'latency' as const, byAgent };
    expect(rankIncident(found, chain, measured).map(({ component }) => component)).toEqual(['service', 'site']);
  });
});

test('what an incident is about is the harm of its worst finding about tasks', () => {
  expect(harmOf(found)).toBe('latency');
  expect(harmOf([...found, finding('site', { metric: 'tasks_failed_total', score: 12 })])).toBe('failures');
  expect(harmOf([finding('site', { score: 12 })])).toBeUndefined();
});

import { describe, expect, test } from 'vitest';
import { describeIncident } from '../../../models/incidents/describe-incident.ts';
import { finding, fleetOf, silence } from './findings.ts';

const minuteMs = 60_000;

describe('an incident', () => {
  test('lasts from its first finding to the end of its last, and is open while one of them is', () => {
    const findings = [finding('a', { start: 0, end: 30 }), finding('a', { start: 5, end: 10, score: 3 })];
    expect(describeIncident(findings, fleetOf(50))).toMatchObject({
      startMs: 0,
      endMs: 30 * minuteMs,
      peakMs: 5 * minuteMs,
      peakScore: 3,
    });
    expect(describeIncident([...findings, finding('a', { start: 6, end: null })], fleetOf(50)).endMs).toBeNull();
  });

  test('of a silent fleet is one about ingest or the network, with the evidence for it', () => {
    const silences = Array.from({ length: 232 }, (_, i) => silence(`a${i}`, i / 600));
    expect(describeIncident(silences, fleetOf(232))).toMatchObject({
      cause: 'fleet_silence',
      severity: 'critical',
      title: '232 of 232 agents fell silent together: ingest or network',
      suspects: [
        {
          component: 'ingest or network',
          score: 1,
          reasons: [expect.stringContaining('within 23 s'), expect.any(String)],
        },
      ],
    });
  });

  test('of one silent agent names it, and is no matter of the network', () => {
    expect(describeIncident([silence('a', 0)], fleetOf(3))).toMatchObject({
      cause: 'silence',
      severity: 'warning',
      title: 'a silent',
      suspects: [{ component: 'a' }],
    });
  });

  test('ranks the agent that the others wait for before those that wait, with reasons', () => {
    const findings = [
      finding('database', { start: 0, score: 6, metric: 'latency_seconds' }),
      finding('site', { start: 1, score: 6 }),
      finding('cart', { start: 2, score: 4 }),
    ];
    const dependencies = ['site', 'cart'].map((caller) => ({ caller, callee: 'database' }));
    const { suspects } = describeIncident(findings, fleetOf(50, {}, { dependencies }));
    expect(suspects[0]!.component).toBe('database');
    expect(suspects[0]!.reasons).toContain('latency_seconds is above its band');
  });

  test.each([
    [0.2, 'info'],
    [0.5, 'warning'],
    [1, 'critical'],
  ])('with a maturity of %d is at most %s', (maturity, severity) => {
    const findings = ['a', 'b', 'c'].map((agent) => finding(agent, { maturity, score: 9 }));
    expect(describeIncident(findings, fleetOf(3)).severity).toBe(severity);
  });
});

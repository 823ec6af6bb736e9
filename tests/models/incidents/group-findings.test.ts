import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../models/incidents/finding.ts';
import { groupFindings } from '../../../models/incidents/group-findings.ts';
import { finding, fleetOf, silence } from './findings.ts';

const agentsOf = (groups: readonly (readonly Finding[])[]) =>
  groups.map((group) => [...new Set(group.map(({ agent }) => agent))].sort());
const hundred = fleetOf(100, { worker: 50 });

describe('findings belong together', () => {
  test('of one agent, when they overlap or less than a quarter of an hour lies between them', () => {
    const groups = groupFindings(
      [finding('a', { start: 0, end: 10 }), finding('a', { start: 24, end: 30 }), finding('a', { start: 46 })],
      hundred,
    );
    expect(groups.map((group) => group.map(({ startMs }) => startMs / 60_000))).toEqual([[0, 24], [46]]);
  });

  test('not those of agents that have nothing in common, though they are at the same time', () => {
    expect(agentsOf(groupFindings([finding('a'), finding('b', { start: 1 })], hundred))).toEqual([['a'], ['b']]);
  });

  test('of agents of which one needs the other', () => {
    const dependencies = [{ caller: 'a', callee: 'b' }];
    const findings = [finding('a', { start: 10 }), finding('b', { start: 0 }), finding('c', { start: 5 })];
    expect(agentsOf(groupFindings(findings, { ...hundred, dependencies }))).toEqual([['a', 'b'], ['c']]);
    const later = [finding('a', { start: 30 }), finding('b', { start: 0, end: 60 })];
    expect(agentsOf(groupFindings(later, { ...hundred, dependencies }))).toEqual([['b'], ['a']]);
  });

  test('of one workflow', () => {
    const stuck = (agent: string, start: number) => finding(agent, { start, kind: 'stuck_task', workflow: 'w' });
    expect(agentsOf(groupFindings([stuck('a', 0), stuck('b', 12)], hundred))).toEqual([['a', 'b']]);
  });

  test('of a type, when a fifth of its agents begin within five minutes, but not when fewer do', () => {
    const workers = (count: number) =>
      Array.from({ length: count }, (_, i) => finding(`a${i}`, { start: i / 10, type: 'worker' }));
    expect(groupFindings(workers(9), hundred)).toHaveLength(9);
    expect(groupFindings(workers(10), hundred)).toHaveLength(1);
  });

  test('of the whole fleet, whatever the types, when nearly a third of it begins together', () => {
    const silences = Array.from({ length: 232 }, (_, i) => silence(`a${i}`, i / 100, { type: `type-${i % 7}` }));
    expect(groupFindings(silences, fleetOf(232))).toHaveLength(1);
  });

  test('a fleet that falls silent is apart from what was wrong with its agents before, but not from what follows', () => {
    const silences = Array.from({ length: 6 }, (_, i) => silence(`a${i}`, 100 + i / 10, { endMs: 130 * 60_000 }));
    const before = ['a0', 'a1'].map((agent) => finding(agent, { start: 60, end: null }));
    const dependencies = [{ caller: 'a0', callee: 'a1' }];
    const after = finding('a2', { start: 132 });
    const groups = groupFindings([...silences, ...before, after], fleetOf(8, {}, { dependencies }));
    expect(groups.map((group) => group.length)).toEqual([2, 7]);
  });

  test('ten thousand series that deviate at once are one group, and those of no agent too', () => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      finding(`a${i % 5000}`, { start: i / 5000, seriesId: String(i) }),
    );
    expect(groupFindings(many, fleetOf(5000))).toHaveLength(1);
    const nobody = many.map((each) => ({ ...each, agent: '' }));
    expect(groupFindings(nobody, fleetOf(0))).toHaveLength(1);
  });

  test('a shift that lasts for days does not gather every later alarm of its agent', () => {
    const shift = finding('a', { start: 0, end: null });
    const later = finding('a', { start: 25 * 60 });
    expect(groupFindings([shift, later], hundred)).toHaveLength(2);
  });

  test('the chance alarms of a large fleet, one every five minutes, do not form a chain', () => {
    const chance = Array.from({ length: 288 }, (_, i) =>
      finding(`a${(i * 37) % 1000}`, { start: i * 5, type: 'worker' }),
    );
    const groups = groupFindings(chance, fleetOf(1000, { worker: 1000 }));
    expect(groups.length).toBeGreaterThan(250);
  });
});

const anyFinding = fc
  .record({ agent: fc.nat(8), type: fc.nat(2), start: fc.nat(120), length: fc.nat(30), open: fc.boolean() })
  .map(({ agent, type, start, length, open }) =>
    finding(`a${agent}`, { start, end: open ? null : start + length, type: `t${type}` }),
  );
const small = fleetOf(9, { t0: 3, t1: 3, t2: 3 }, { dependencies: [{ caller: 'a0', callee: 'a1' }] });

test('every finding is in one group, and the order in which they come does not matter', () => {
  fc.assert(
    fc.property(fc.array(anyFinding, { maxLength: 40 }), fc.integer(), (findings, seed) => {
      const groups = groupFindings(findings, small);
      expect(
        groups
          .flat()
          .map(({ id }) => id)
          .sort(),
      ).toEqual(findings.map(({ id }) => id).sort());
      const shuffled = [...findings].sort((a, b) => ((a.startMs * 31 + seed) % 7) - ((b.startMs * 31 + seed) % 7));
      expect(groupFindings(shuffled, small)).toEqual(groups);
    }),
  );
});

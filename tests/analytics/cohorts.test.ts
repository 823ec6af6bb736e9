import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cohortsOf } from '../../analytics/cohorts.ts';
import { minCohort } from '../../models/peers/peer-position.ts';

const series = (agent: string, rest: Partial<{ type: string; role: string; version: string }> = {}) => ({
  ...{ id: agent, agent, type: 'crawler', role: '', version: '1', metric: 'cpu_ratio', dimension: 'cpu_ratio' },
  ...rest,
});
const many = (count: number, prefix: string, rest = {}) =>
  Array.from({ length: count }, (_, i) => series(`${prefix}${i}`, rest));
const shape = (all: ReturnType<typeof series>[]) =>
  cohortsOf(all).map(({ members, judged }) => [members.length, [...judged].map((id) => id[0]).join('')]);

describe('the peers of an agent', () => {
  test('are those of its type, role and version where there are enough', () => {
    expect(shape([...many(5, 'a'), ...many(6, 'b', { version: '2' })])).toEqual([
      [5, 'aaaaa'],
      [6, 'bbbbbb'],
    ]);
  });

  test('are all of its type and role for the first of a new version, which teach nobody else', () => {
    expect(shape([...many(9, 'a'), ...many(2, 'b', { version: '2' }), ...many(7, 'c', { role: 'leader' })])).toEqual([
      [9, 'aaaaaaaaa'],
      [7, 'ccccccc'],
      [11, 'bb'],
    ]);
  });

  test('are all of its type when its role is rare, and nobody when its type is', () => {
    expect(shape([...many(6, 'a'), series('leader', { role: 'leader' }), ...many(4, 'z', { type: 'rare' })])).toEqual([
      [6, 'aaaaaa'],
      [7, 'l'],
    ]);
  });

  test('judge each series once at most, in a cohort that is large enough and of its type', () => {
    const one = fc.record({
      type: fc.constantFrom('x', 'y'),
      role: fc.constantFrom('', 'r'),
      version: fc.constantFrom('1', '2', '3'),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 40 }), (agents) => {
        const all = agents.map((rest, i) => series(`agent-${i}`, rest));
        const cohorts = cohortsOf(all);
        const judged = cohorts.flatMap((cohort) => [...cohort.judged]);
        expect(new Set(judged).size).toBe(judged.length);
        for (const { members, judged: own } of cohorts) {
          expect(members.length).toBeGreaterThanOrEqual(minCohort);
          expect(new Set(members.map(({ type }) => type)).size).toBe(1);
          expect(members.map(({ id }) => id)).toEqual(expect.arrayContaining([...own]));
        }
        const sizeOf = (type: string) => all.filter((each) => each.type === type).length;
        expect(judged.length).toBe(all.filter(({ type }) => sizeOf(type) >= minCohort).length);
      }),
    );
  });
});

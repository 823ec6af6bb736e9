import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ComponentEvidence,
  type IncidentEvidence,
  rankSuspects,
} from '../../../models/root-cause/rank-suspects.ts';

const names = (evidence: IncidentEvidence) => rankSuspects(evidence).map(({ component }) => component);
const chain = [
  { caller: 'site', callee: 'service' },
  { caller: 'service', callee: 'database' },
];

describe('impacts that add up along calls', () => {
  test('the component whose harm nothing below it explains comes first, though its callers deviate more', () => {
    const suspects = rankSuspects({
      components: [
        { component: 'site', score: 9, impact: 50 },
        { component: 'service', score: 7, impact: 49 },
        { component: 'database', score: 3, impact: 46 },
      ],
      dependencies: chain,
      symptom: 'site',
    });
    expect(suspects.map(({ component, score }) => [component, score])).toEqual([
      ['database', 46 / 50],
      ['service', 3 / 50],
      ['site', 1 / 50],
    ]);
    expect(suspects[1]!.reasons).toContain('6 % of its harm is its own, the rest comes from what it calls');
  });

  test('what the symptom does not depend on is no suspect', () => {
    const components = ['site', 'database', 'batch'].map((component) => ({ component, score: 2, impact: 10 }));
    expect(names({ components, dependencies: [{ caller: 'site', callee: 'database' }], symptom: 'site' })).toEqual([
      'database',
    ]);
  });

  test('a component that appeared with the incident speaks for its caller, who began to call it', () => {
    const suspects = rankSuspects({
      components: [
        { component: 'site', score: 2, impact: 30 },
        { component: 'service', score: 2, impact: 30 },
        { component: 'database', score: 2, impact: 30, isNew: true },
      ],
      dependencies: chain,
      symptom: 'site',
    });
    expect(suspects.map(({ component }) => component)).toEqual(['service']);
    expect(suspects[0]!.reasons).toContain('it began to call database');
  });
});

describe('anomaly scores, which do not add up', () => {
  test('a callee explains as much of a score as its own largest', () => {
    const components = [
      { component: 'site', score: 16 },
      { component: 'service', score: 4 },
      { component: 'database', score: 1 },
    ];
    expect(rankSuspects({ components, dependencies: chain })).toMatchObject([
      { component: 'service', score: 0.5 },
      { component: 'site', score: 0.5 },
    ]);
  });

  test('of equals, the one that deviated first comes first, as far as the resolution tells', () => {
    const at = (component: string, onsetMs: number) => ({ component, score: 4, onsetMs });
    const late = [at('a', 600_000), at('b', 0)];
    expect(names({ components: late, dependencies: [] })).toEqual(['b', 'a']);
    expect(rankSuspects({ components: late, dependencies: [] })[0]!.reasons).toContain(
      'it was among the first to deviate',
    );
    expect(names({ components: late, dependencies: [], onsetResolutionMs: 900_000 })).toEqual(['a', 'b']);
  });
});

test('components that are ordinary are no suspects, and no evidence gives none', () => {
  expect(rankSuspects({ components: [{ component: 'a', score: 0.9 }], dependencies: [] })).toEqual([]);
  expect(rankSuspects({ components: [], dependencies: chain, symptom: 'nobody' })).toEqual([]);
});

test('calls in a circle end, and a component that calls itself does not explain itself', () => {
  const components = [
    { component: 'a', score: 2, impact: 5 },
    { component: 'b', score: 2, impact: 3 },
  ];
  const circle = [
    { caller: 'a', callee: 'b' },
    { caller: 'b', callee: 'a' },
    { caller: 'a', callee: 'a' },
  ];
  expect(names({ components, dependencies: circle, symptom: 'b' })).toEqual(['a']);
});

test('scores are shares of 1 in descending order, and the order of the evidence does not count', () => {
  const component = fc.record({
    component: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
    score: fc.double({ min: 0, max: 1000, noNaN: true }),
    impact: fc.option(fc.double({ min: -100, max: 1000, noNaN: true }), { nil: undefined }),
    onsetMs: fc.option(fc.integer({ min: 0, max: 3_600_000 }), { nil: undefined }),
    isNew: fc.boolean(),
  });
  const dependency = fc.record({ caller: fc.constantFrom('a', 'b', 'c'), callee: fc.constantFrom('b', 'c', 'd', 'e') });
  fc.assert(
    fc.property(
      fc.uniqueArray(component, { selector: (each) => each.component }),
      fc.array(dependency),
      (drawn, dependencies) => {
        const components = drawn as ComponentEvidence[];
        const suspects = rankSuspects({ components, dependencies });
        const scores = suspects.map(({ score }) => score);
        if (scores.length > 0) expect(scores.reduce((sum, score) => sum + score)).toBeCloseTo(1, 9);
        expect(scores).toEqual(scores.toSorted((a, b) => b - a));
        expect(rankSuspects({ components: components.toReversed(), dependencies }).map((s) => s.component)).toEqual(
          suspects.map((s) => s.component),
        );
      },
    ),
  );
});

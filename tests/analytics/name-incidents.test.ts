import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { nameGroups } from '../../analytics/name-incidents.ts';

const tenant = 'acme';
const named = (finding: string) => createHash('sha256').update(`${tenant}\0${finding}`).digest('hex').slice(0, 16);
const of = (...ids: string[]) => ids.map((id) => ({ id }));
const incident = (id: string, findings: string[], rest: { withdrawn?: boolean; merged_into?: string } = {}) => ({
  ...{ id, findings: of(...findings) as never, withdrawn: false, merged_into: '', ...rest },
});

test('a new group is named for its first finding, and keeps the name while it grows', () => {
  expect(nameGroups(tenant, [of('a')], []).ids).toEqual([named('a')]);
  const { ids, becameOf } = nameGroups(tenant, [of('before', 'a')], [incident(named('a'), ['a'])]);
  expect(ids).toEqual([named('a')]);
  expect(becameOf.get(named('a'))).toBe(named('a'));
});

test('of two that become one, the earlier goes on and the other is a part of it', () => {
  const { ids, becameOf } = nameGroups(tenant, [of('a', 'b')], [incident('first', ['a']), incident('second', ['b'])]);
  expect(ids).toEqual(['first']);
  expect(becameOf.get('second')).toBe('first');
});

test('one that falls apart leaves its name to the part that it was named for, and what it had swallowed gets its own back', () => {
  const stored = [incident(named('a'), ['a', 'x', 'b']), incident(named('b'), ['b'], { merged_into: named('a') })];
  expect(nameGroups(tenant, [of('b'), of('a')], stored).ids).toEqual([named('b'), named('a')]);
});

test('what was withdrawn comes back by its name, and no two groups have the same', () => {
  const stored = [incident('was', ['a', 'b'], { withdrawn: true })];
  const { ids } = nameGroups(tenant, [of('b'), of('a')], stored);
  expect(ids).toEqual(['was', named('a')]);
});

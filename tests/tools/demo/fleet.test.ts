import { expect, test } from 'vitest';
import { createFleet } from '../../../tools/demo/fleet.ts';

test('the fleet has 232 agents of eight types, each name once, the same ones each time', () => {
  const fleet = createFleet();
  const counts = Object.fromEntries(
    Object.entries(Object.groupBy(fleet, ({ type }) => type.type)).map(([type, agents]) => [type, agents?.length]),
  );
  expect(counts).toEqual({
    testing: 126,
    automation: 77,
    workflow: 8,
    code_quality: 6,
    monitoring: 5,
    ai_ml: 5,
    infrastructure: 3,
    security: 2,
  });
  expect(new Set(fleet.map(({ name }) => name)).size).toBe(232);
  expect(createFleet()).toEqual(fleet);
});

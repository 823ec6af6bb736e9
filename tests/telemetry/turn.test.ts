import { afterEach, expect, test, vi } from 'vitest';
import { createBreather, nextTurn } from '../../telemetry/turn.ts';

afterEach(() => vi.restoreAllMocks());

test('pieces of long work share a turn: the second is told to give way for what the first took of it', async () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1000);
  await nextTurn();
  const first = createBreather();
  expect(first.isDue()).toBe(false);
  clock.mockReturnValue(1009);
  expect([first.isDue(), createBreather().isDue()]).toEqual([true, true]);
  await first.now();
  expect([first.isDue(), createBreather().isDue()]).toEqual([false, false]);
});

test('of those that give way, each gets a turn of its own, in their order, with others in between', async () => {
  const order: string[] = [];
  const works = [1, 2, 3].map((n) =>
    nextTurn().then(() => {
      order.push(`work ${n}`);
      setImmediate(() => order.push(`other ${n}`));
    }),
  );
  await Promise.all(works);
  expect(order.filter((each) => each.startsWith('work'))).toEqual(['work 1', 'work 2', 'work 3']);
  expect(order.indexOf('other 1')).toBeLessThan(order.indexOf('work 3'));
});

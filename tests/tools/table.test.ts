import { expect, test } from 'vitest';
import { renderTable } from '../../tools/table.ts';

test('columns line up, numbers on the right, and no line ends in spaces', () => {
  const table = renderTable(
    ['file', 'samples', 'note'],
    [
      ['a.csv', 4032, ''],
      ['longer.csv', 7, 'ok'],
    ],
  );
  expect(table).toBe('file        samples  note\na.csv         4,032\nlonger.csv        7  ok');
});

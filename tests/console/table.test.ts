import { expect, test } from 'vitest';
import { sortRows, type TableColumn } from '../../console/table.ts';

const columns: TableColumn<{ name: string; age: number }>[] = [
  { id: 'name', title: 'Name', cell: ({ name }) => name, sortBy: ({ name }) => name },
  { id: 'age', title: 'Age', cell: ({ age }) => age, sortBy: ({ age }) => age },
  { id: 'note', title: 'Note', cell: () => '' },
];
const rows = [
  { name: 'agent-10', age: 5 },
  { name: 'agent-9', age: 5 },
  { name: 'agent-1', age: 70 },
];
const names = (sort: string) => sortRows(rows, columns, sort).map(({ name }) => name);

test('names with numbers are in the order that people expect', () => {
  expect(names('name')).toEqual(['agent-1', 'agent-9', 'agent-10']);
});

test('equal rows keep their order in both directions', () => {
  expect(names('age')).toEqual(['agent-10', 'agent-9', 'agent-1']);
  expect(names('-age')).toEqual(['agent-1', 'agent-10', 'agent-9']);
});

test('a column that cannot be sorted, or does not exist, changes nothing', () => {
  expect(names('note')).toEqual(['agent-10', 'agent-9', 'agent-1']);
  expect(names('constructor')).toEqual(['agent-10', 'agent-9', 'agent-1']);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { href, hrefWith, parseRoute } from '../../console/route.ts';

const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }).filter((text) => text.isWellFormed());

test('a link to any name leads back to that name', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 3 }), name, (segments, value) => {
      const route = parseRoute(href(segments, { q: value }));
      expect(route.segments).toEqual(segments);
      expect(route.query.get('q')).toBe(value);
    }),
  );
});

test('a link of an alert, escaped as Prometheus does with urlquery, leads to the agent', () => {
  // Go: url.QueryEscape("build agent/7 100%+") == "build+agent%2F7+100%25%2B"
  expect(parseRoute('#/agents/build+agent%2F7+100%25%2B').segments).toEqual(['agents', 'build agent/7 100%+']);
  expect(parseRoute('#/agents?type=code+quality').query.get('type')).toBe('code quality');
});

test('an address that is not well encoded is taken as it is, and never throws', () => {
  expect(parseRoute('#/agents/100%').segments).toEqual(['agents', '100%']);
  fc.assert(fc.property(fc.string(), (hash) => void parseRoute(hash)));
});

test('a change of one parameter keeps the place and the others', () => {
  const route = parseRoute('#/agents?type=testing&q=a');
  expect(hrefWith(route, { sort: '-age' })).toBe('#/agents?type=testing&q=a&sort=-age');
  expect(hrefWith(route, { type: undefined, q: '' })).toBe('#/agents');
});

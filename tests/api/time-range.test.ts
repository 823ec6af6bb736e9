import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import type { JsonSchema, OpenApiDocument, Operation } from '../support/openapi.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

const [earlier, later] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
/** What else a body needs, by path. */
const bodies: Readonly<Record<string, object>> = {
  '/v1/detectors/backtest': { selector: { metric: 'load' } },
  '/v1/jobs/{id}/runs': {},
  '/v1/maintenance': { metric: 'load' },
  '/v1/quarantine/replay': {},
};

describe.skipIf(!hasChdb())('a time from which and up to which is asked', () => {
  let service: TestApp;
  let document: OpenApiDocument;
  beforeAll(async () => {
    service = await startTestApp();
    document = await service.get<OpenApiDocument>('/openapi.json');
  });
  afterAll(() => service?.close());

  function operations(method: string, isOf: (operation: Operation) => boolean): string[] {
    const all = Object.entries(document.paths).flatMap(([path, byMethod]) => {
      const operation = byMethod[method];
      return operation !== undefined && isOf(operation) ? [path] : [];
    });
    return all.sort();
  }
  const url = (path: string) => path.replaceAll(/\{\w+\}/g, '1');
  const hasBoth = (names: readonly string[]) => names.includes('from') && names.includes('to');

  function bodyFields({ requestBody }: Operation): string[] {
    const schema = requestBody?.content['application/json']?.schema;
    const name = typeof schema?.$ref === 'string' ? schema.$ref.split('/').at(-1)! : undefined;
    const whole = name === undefined ? schema : document.components.schemas[name];
    return Object.keys((whole?.properties ?? {}) as JsonSchema);
  }

  test('is refused by every list when its ends are out of order, or the same, by the name of the field', async () => {
    const paths = operations('get', ({ parameters = [] }) => hasBoth(parameters.map(({ name }) => name)));
    expect(paths).toEqual([
      '/v1/agents/{agent}/transitions',
      '/v1/anomalies',
      '/v1/audit',
      '/v1/incidents',
      '/v1/level-shifts',
      '/v1/maintenance',
      '/v1/quarantine',
      '/v1/quarantine/counts',
      '/v1/series/{id}/points',
      '/v1/series/{id}/scores',
    ]);
    for (const path of paths)
      for (const to of [earlier, later]) {
        const response = await service.request(`${url(path)}?from=${later}&to=${to}`);
        const { errors } = await expectProblem(response, 400);
        expect(errors, path).toEqual([{ pointer: '/from', detail: 'not before `to`' }]);
      }
  });

  test('is refused in every body in the same way', async () => {
    const paths = operations('post', (operation) => hasBoth(bodyFields(operation)));
    expect(paths).toEqual(Object.keys(bodies).sort());
    for (const path of paths) {
      const response = await service.post(url(path), { ...bodies[path], from: later, to: earlier });
      const { errors } = await expectProblem(response, 400);
      expect(errors, path).toEqual([{ pointer: '/from', detail: 'not before `to`' }]);
    }
  });
});

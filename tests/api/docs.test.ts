import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { expectProblem } from '../support/problem.ts';
import { hasChdb } from '../support/servers.ts';

describe.skipIf(!hasChdb())('pages', () => {
  let service: TestApp;

  beforeAll(async () => {
    service = await startTestApp();
  });
  afterAll(() => service?.close());

  const linksOf = (html: string) => [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);

  test('/docs serves everything from here: page, script, style and icon', async () => {
    const page = await service.request('/docs');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    const html = await page.text();
    expect(html).not.toMatch(/https?:|src="\/\/|href="\/\//);
    const links = linksOf(html);
    expect(links).toHaveLength(5);
    for (const link of links) {
      const asset = await service.request(link);
      expect([link, asset.status]).toEqual([link, 200]);
      expect(asset.headers.get('content-type')).toMatch(
        { css: /^text\/css/, js: /^text\/javascript/, png: /^image\/png/ }[link.split('.').at(-1)!]!,
      );
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(50);
    }
    expect(await (await service.request('/docs/start.js')).text()).toContain("url: '/openapi.json'");
  });

  test('/docs lets the browser load nothing from elsewhere, and nobody frame it', async () => {
    const policy = (await service.request('/docs')).headers.get('content-security-policy')!;
    const directives = new Map(policy.split('; ').map((each) => [each.split(' ')[0]!, each.split(' ').slice(1)]));
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(["'self'"]);
    expect(directives.get('frame-ancestors')).toEqual(["'none'"]);
    const sources = [...directives.values()].flat();
    expect(sources.filter((source) => !["'none'", "'self'", "'unsafe-inline'", 'data:'].includes(source))).toEqual([]);
  });

  test.each(['/', '/docs', '/docs/start.js', '/openapi.json', '/v1/agents', '/v1/nothing', '/metrics'])(
    '%s tells the browser not to guess types, and not to be framed by others',
    async (path) => {
      const { headers } = await service.request(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('SAMEORIGIN');
    },
  );

  test('/docs has no way out of its folder', async () => {
    for (const path of ['/docs/package.json', '/docs/%2e%2e/package.json', '/docs/..%2fpackage.json']) {
      await expectProblem(await service.request(path), 404);
    }
  });

  test('an explanation without a language model answers 503 and where to configure one', async () => {
    const response = await service.request('/v1/anomalies/1/explanation', { method: 'POST' });
    expect((await expectProblem(response, 503)).detail).toContain('language.provider');
  });
});

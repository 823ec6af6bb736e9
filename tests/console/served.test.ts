import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { createConsoleRoutes } from '../../api/console.ts';

const routes = createConsoleRoutes();
const folder = join(import.meta.dirname, '../../console');
const modules = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

describe('what the console is made of', () => {
  test.each(modules)('%s is served as JavaScript', async (path) => {
    const response = await routes.request(`/console/${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    const script = await response.text();
    expect(script).not.toMatch(/^(export )?(interface|type) /m);
    for (const [, specifier] of script.matchAll(/^import .* from '(.*)';$/gm))
      expect(specifier).toMatch(/^\.\.?\/.*\.ts$/);
  });

  test.each([
    ['/console/console.css', 'text/css; charset=utf-8'],
    ['/console/uplot.css', 'text/css; charset=utf-8'],
    ['/console/uplot.js', 'text/javascript; charset=utf-8'],
    ['/console/icon.svg', 'image/svg+xml'],
    ['/', 'text/html; charset=utf-8'],
  ])('%s is served as %s', async (path, contentType) => {
    const response = await routes.request(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(contentType);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('every address that the page names is served', async () => {
    const response = await routes.request('/');
    const page = await response.text();
    const preloaded = (response.headers.get('link') ?? '').matchAll(/<([^>]+)>/g);
    const named = page.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g);
    const addresses = [...preloaded, ...named].map(([, address]) => address!);
    expect(addresses.length).toBeGreaterThan(modules.length / 2);
    for (const address of addresses) expect((await routes.request(address)).status, address).toBe(200);
  });
});

test.each([
  '/console/',
  '/console/index.html',
  '/console/../package.json',
  '/console/%2e%2e/package.json',
  '/console/..%2fpackage.json',
  '/console/views/..%2f..%2fapi/config.ts',
  '/console//etc/passwd',
  '/console/main.ts%00',
])('nothing but the files of the console is served: %s is not found', async (path) => {
  expect((await routes.request(path)).status).toBe(404);
});

test('the policy of the page allows scripts and styles of this service only', async () => {
  const policy = (await routes.request('/')).headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain('unsafe');
  expect(policy).not.toMatch(/https?:|\*/);
});

test('a browser that has a file is told so in a few bytes, and gets the new one when it changed', async () => {
  const etag = (await routes.request('/console/main.ts')).headers.get('etag')!;
  const again = await routes.request('/console/main.ts', { headers: { 'if-none-match': `W/"other", ${etag}` } });
  expect(again.status).toBe(304);
  expect(await again.text()).toBe('');
  expect((await routes.request('/console/main.ts', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
});

test('gzip is sent only to who takes it, with the same content', async () => {
  const plain = await routes.request('/console/main.ts');
  const zipped = await routes.request('/console/main.ts', { headers: { 'accept-encoding': 'br, gzip' } });
  const refused = await routes.request('/console/main.ts', { headers: { 'accept-encoding': 'gzip;q=0, identity' } });
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(refused.headers.get('content-encoding')).toBeNull();
  expect(zipped.headers.get('content-encoding')).toBe('gzip');
  expect(gunzipSync(await zipped.arrayBuffer()).toString()).toBe(await plain.text());
});

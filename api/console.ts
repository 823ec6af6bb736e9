import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Context, Hono } from 'hono';
import { takesGzip } from './compress.ts';

interface Asset {
  contentType: string;
  body: string;
  zipped: Uint8Array<ArrayBuffer>;
  etag: string;
}

const folder = join(import.meta.dirname, '../console');
const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Nothing but files of this service; data never becomes markup, so no exception for inline script or style is needed. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/**
 * The built-in web page: `/`, and under `/console/` its modules, its style and uPlot. Everything is read, stripped of
 * types and compressed once, when the routes are made; only what was read then is served.
 */
export function createConsoleRoutes(): Hono {
  const routes = new Hono();
  const scripts = loadScripts();
  const page = toAsset(types.html, readText('index.html'));
  // The browser learns of every module at once, and not only when it has read the one that imports it.
  const preloads = [...scripts]
    .filter(([, script]) => /^(import|export) /m.test(script))
    .map(([path]) => `</console/${path}>; rel=modulepreload`);
  routes.get('/', (context) => {
    context.header('content-security-policy', contentSecurityPolicy);
    context.header('link', preloads.join(', '));
    return serve(context, page);
  });
  for (const [path, asset] of toAssets(scripts)) routes.get(`/console/${path}`, (context) => serve(context, asset));
  return routes;
}

/** The modules of the console without their types, by their paths relative to its folder. */
function loadScripts(): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return withoutWarnings(
    () =>
      new Map(
        paths
          .sort()
          .map((path) => [path.replaceAll('\\', '/'), stripTypeScriptTypes(readText(path), { mode: 'strip' })]),
      ),
  );
}

/** Node warns at each start that stripping types is new; nobody who starts a service can do anything about that. */
function withoutWarnings<T>(action: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return action();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function* toAssets(scripts: ReadonlyMap<string, string>): Generator<[path: string, asset: Asset]> {
  for (const [path, script] of scripts) yield [path, toAsset(types.js, script)];
  yield ['console.css', toAsset(types.css, readText('console.css'))];
  yield ['icon.svg', toAsset(types.svg, readText('icon.svg'))];
  const uplot = dirname(createRequire(import.meta.url).resolve('uplot'));
  yield ['uplot.js', toAsset(types.js, readFileSync(join(uplot, 'uPlot.iife.min.js'), 'utf8'))];
  yield ['uplot.css', toAsset(types.css, readFileSync(join(uplot, 'uPlot.min.css'), 'utf8'))];
}

function readText(path: string): string {
  return readFileSync(join(folder, path), 'utf8');
}

function toAsset(contentType: string, body: string): Asset {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  return { contentType, body, zipped: new Uint8Array(gzipSync(body, { level: 9 })), etag };
}

/** A browser asks again each time, and is told in a few bytes that nothing changed; so a new release is seen at once. */
function serve(context: Context, { contentType, body, zipped, etag }: Asset): Response {
  const headers = { etag, 'cache-control': 'no-cache', vary: 'accept-encoding', 'x-content-type-options': 'nosniff' };
  const known = (context.req.header('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (known.includes(etag)) return context.body(null, 304, headers);
  if (takesGzip(context.req.header('accept-encoding') ?? ''))
    return context.body(zipped, 200, { ...headers, 'content-type': contentType, 'content-encoding': 'gzip' });
  return context.body(body, 200, { ...headers, 'content-type': contentType });
}

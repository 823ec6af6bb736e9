import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Hono } from 'hono';
import { html } from 'hono/html';

const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
const assets = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;

const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="color-scheme" content="light dark" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Fleetcast API</title>
    <link rel="icon" href="/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
    <script src="/docs/scheme.js"></script>
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>`;

const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#docs', deepLinking: true, tryItOutEnabled: true, validatorUrl: null });\n`;
/** Swagger UI has a dark form that asks for a class; before the page is drawn, so that it never flashes. */
const scheme = `const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
dark.addEventListener('change', follow);
follow();
`;
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

/** `GET /docs`: the OpenAPI document as a page on which requests can be tried; everything is served from here. */
export function createDocsRoutes(): Hono {
  const router = new Hono();
  router.get('/docs', (context) => context.html(page, 200, { 'content-security-policy': policy }));
  for (const [name, script] of Object.entries({ 'scheme.js': scheme, 'start.js': start })) {
    router.get(`/docs/${name}`, (context) =>
      context.body(script, 200, { 'content-type': 'text/javascript; charset=utf-8' }),
    );
  }
  for (const [name, type] of Object.entries(assets)) {
    const content = readFileSync(join(folder, name));
    router.get(`/docs/${name}`, (context) =>
      context.body(content, 200, { 'content-type': type, 'cache-control': 'public, max-age=86400' }),
    );
  }
  return router;
}

import type { OpenAPIHono } from '@hono/zod-openapi';
import { declaredScopes } from './auth.ts';
import type { AppEnvironment } from './context.ts';

/** What holds for every operation; Markdown, links relative to this service. */
const description = `Watches fleets of software agents, tells what is wrong and what will go wrong next. The [console](/) shows it.

- **Keys** are sent as \`Authorization: Bearer KEY\` or \`X-Auth-Token: KEY\`, where the service asks for one.
- **Times** in questions are ISO 8601 with a zone, or Unix milliseconds. In answers they are ISO 8601 in UTC; in columns, Unix milliseconds.
- **Lists** answer \`{ items, nextCursor }\`: send \`nextCursor\` as \`cursor\` until it is null.
- **Errors** are problem details (RFC 9457) with a pointer to each field at fault. After 429 and 503, send the same again when \`Retry-After\` has passed.
- **Identifiers** are text, those of series too: they are larger than the numbers of JSON.`;

interface ApiFacts {
  version: string;
  auth: 'none' | 'required';
}

/** The OpenAPI document of everything that the application serves, with the scope that each operation needs. */
export function describeApi(app: OpenAPIHono<AppEnvironment>, { version, auth }: ApiFacts): object {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Fleetcast',
      version,
      description,
    },
    servers: [{ url: '/' }],
  });
  const scopes = declaredScopes(app.routes);
  for (const [path, operations] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(operations)) {
      const scope = scopes.get(`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
      const keys = scope === undefined ? [] : [{ bearer: [scope] }, { token: [scope] }];
      operation.security = auth === 'none' ? [...keys, {}] : keys;
    }
  }
  return document;
}

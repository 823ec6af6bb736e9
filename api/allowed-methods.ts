import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnvironment } from './context.ts';

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The methods that a path has routes for; empty when nothing is there. */
export function allowedMethods({ router }: OpenAPIHono<AppEnvironment>, path: string): string[] {
  const allowed: string[] = methods.filter((method) =>
    router.match(method, path)[0].some(([[, route]]) => route.method === method),
  );
  return allowed.includes('GET') ? [...allowed, 'HEAD'] : allowed;
}

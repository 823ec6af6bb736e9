import { z } from 'zod';

export interface Operation {
  summary?: string;
  tags?: string[];
  parameters?: { name: string; in: string; required?: boolean; schema: JsonSchema }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: JsonSchema }> }>;
  security?: Record<string, string[]>[];
}

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes?: Record<string, unknown> };
  security?: Record<string, string[]>[];
}

export type JsonSchema = { [key: string]: unknown };

const reference = '#/components/schemas/';

/**
 * A check of values against a schema of an OpenAPI document. Members that the schema does not name are errors, so that
 * an answer cannot hold more than the document says.
 */
export function compileSchema({ components }: OpenApiDocument, schema: JsonSchema): z.ZodType {
  /** The same schema with no room for other members, and with references as JSON Schema alone has them. */
  function close(part: unknown): unknown {
    if (Array.isArray(part)) return part.map(close);
    if (part === null || typeof part !== 'object') return part;
    const { $ref, allOf, ...rest } = part as JsonSchema;
    if (typeof $ref === 'string') return { $ref: $ref.replace(reference, '#/$defs/') };
    if (allOf !== undefined) return close(merge(allOf as JsonSchema[]));
    const closed = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, close(value)]));
    return 'properties' in closed ? { additionalProperties: false, ...closed } : closed;
  }

  /** An extension of a schema as one: each part alone would refuse the members of the others. */
  function merge(parts: readonly JsonSchema[]): JsonSchema {
    const whole = parts.map((part) =>
      typeof part.$ref === 'string' ? components.schemas[part.$ref.slice(reference.length)]! : part,
    );
    const properties = Object.assign({}, ...whole.map((part) => part.properties));
    return { type: 'object', properties, required: whole.flatMap((part) => part.required ?? []) };
  }

  const $defs = Object.fromEntries(Object.entries(components.schemas).map(([name, part]) => [name, close(part)]));
  return z.fromJSONSchema({ ...(close(schema) as JsonSchema), $defs } as Parameters<typeof z.fromJSONSchema>[0]);
}

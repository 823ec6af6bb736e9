import type { JsonSchema, OpenApiDocument } from './openapi.ts';

/** The smallest value that a schema of an OpenAPI document allows: required members alone, the first choice of each. */
export function minimalValue(document: OpenApiDocument, schema: JsonSchema): unknown {
  if (typeof schema.$ref === 'string')
    return minimalValue(document, document.components.schemas[schema.$ref.split('/').at(-1)!]!);
  const [choice] = (schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []) as JsonSchema[];
  if (choice !== undefined) return minimalValue(document, choice);
  if (schema.const !== undefined) return schema.const;
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (type === 'array')
    return Array(Number(schema.minItems ?? 0)).fill(minimalValue(document, schema.items as JsonSchema));
  if (type === 'number' || type === 'integer') return schema.minimum ?? 1;
  if (type === 'boolean') return true;
  if (type === 'string') return schema.format === 'date-time' ? '2026-01-01T00:00:00Z' : 'x';
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const required = (schema.required ?? []) as string[];
  return Object.fromEntries(required.map((name) => [name, minimalValue(document, properties[name]!)]));
}

// Owns: checking requests against their TypeBox schemas. Numbers in paths and queries are plain decimal digits and
// nothing else ("1e3", " 7" and "true" are refused). Does not own: the schemas.
import type { FastifySchemaCompiler, FastifySchemaValidationError } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';

const DECIMAL = /^(?:0|[1-9][0-9]{0,15})$/;

export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema);
  return (value: unknown) => {
    const checked = httpPart === 'body' ? value : withIntegers(schema, value);
    if (compiled.Check(checked)) return { value: checked };
    return { error: compiled.Errors(checked) as unknown as FastifySchemaValidationError[] };
  };
};

function withIntegers(schema: TSchema, value: unknown): unknown {
  const { properties } = schema as { properties?: Record<string, { type?: string }> };
  if (properties === undefined || typeof value !== 'object' || value === null) return value;
  const converted: Record<string, unknown> = { ...value };
  for (const [name, text] of Object.entries(converted)) {
    if (properties[name]?.type === 'integer' && typeof text === 'string' && DECIMAL.test(text))
      converted[name] = Number(text);
  }
  return converted;
}

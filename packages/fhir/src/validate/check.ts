// Owns: judging a resource by FHIR R4 (4.0.1), as callers see it. Does not own: how (judge.ts).
import { ConsiliumError } from '@consilium/core';
import type { Finding } from './finding.ts';
import { shapeOf } from './shape.ts';

/**
 * What is wrong with a resource; empty when it is valid. Takes any JSON value and never throws over it. The first call
 * for a type reads its definition.
 */
export async function checkResource(resource: unknown): Promise<readonly Finding[]> {
  const shape = shapeOf(resource);
  if ('finding' in shape) return [shape.finding];
  // The validator and its definitions are large, and who only describes resources never needs them.
  const { judge } = await import('./judge.ts');
  return judge(shape);
}

/** Throws RESOURCE_TYPE_UNKNOWN or RESOURCE_INVALID with the first finding. */
export async function requireValid(resource: unknown): Promise<void> {
  const findings = await checkResource(resource);
  const [first] = findings;
  if (first === undefined) return;
  const { path, rule } = first;
  if (rule === 'resource-type') throw new ConsiliumError('RESOURCE_TYPE_UNKNOWN', { path });
  throw new ConsiliumError('RESOURCE_INVALID', { path, rule, findings: findings.length });
}

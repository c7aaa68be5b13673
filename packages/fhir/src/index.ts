// The public face of fhir.
export { checkResource, requireValid } from './validate/check.ts';
export type { Finding, StructureRule } from './validate/finding.ts';
export { isResourceType, type ResourceType } from './validate/resource-types.ts';

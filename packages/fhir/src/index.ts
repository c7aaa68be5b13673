// The public face of fhir.
export { CATEGORIES, type Category } from './describe/category.ts';
export { describeResource, type ResourceFacts } from './describe/describe.ts';
export { ancestorsOf, isLabel, LABEL_PARENTS, LABELS, type Label } from './describe/labels.ts';
export { checkResource, requireValid } from './validate/check.ts';
export type { Finding, StructureRule } from './validate/finding.ts';
export { isResourceType, type ResourceType } from './validate/resource-types.ts';

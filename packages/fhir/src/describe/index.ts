// The part of fhir that describes and names, and reads no definitions: what a program can load at its start.
export { CATEGORIES, type Category } from './category.ts';
export { describeResource, type ResourceFacts } from './describe.ts';
export { ALSO, ancestorsOf, isLabel, LABEL_PARENTS, LABELS, type Label } from './labels.ts';
export { isSecurityCode } from './sensitivity.ts';

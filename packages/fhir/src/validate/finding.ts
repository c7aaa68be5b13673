// Owns: the form of a finding and the closed list of rules outside HL7's own. Does not own: when a rule is broken.

/** What a structure can get wrong. An invariant of FHIR has HL7's key instead: obs-6, per-1. */
export type StructureRule =
  | 'array'
  | 'cardinality'
  | 'choice'
  | 'depth'
  | 'empty'
  | 'format'
  | 'json-type'
  | 'object'
  | 'processing'
  | 'required'
  | 'required-binding'
  | 'resource-type'
  | 'single'
  | 'structure'
  | 'unknown-property';

/** Where a resource breaks which rule. Never a value of it: path has only names that FHIR defines, and positions. */
export interface Finding {
  /** As in FHIRPath: Observation.component[1].code */
  readonly path: string;
  readonly rule: StructureRule | (string & {});
}

// Owns: what a content that is no resource is protected by: the level and the effects of law that its labels bring, the
// same that they would bring a resource. Does not own: the tables of labels (the fhir package).
import { type Confidentiality, canonicalSet, type StatutoryEffect } from '@consilium/core';
import { describeResource } from '@consilium/fhir/describe';

export interface Protection {
  readonly labels: readonly string[];
  readonly confidentiality: Confidentiality;
  readonly effects: readonly StatutoryEffect[];
}

/** What the owner says is the least; labels may bring more of each. */
export function protectionOf({
  labels = [],
  confidentiality = 'N',
  effects = [],
}: { readonly [K in keyof Protection]?: Protection[K] | undefined }): Protection {
  const security = [
    ...labels.map((label) => coding('v3-ActCode', label)),
    coding('v3-Confidentiality', confidentiality),
  ];
  const facts = describeResource({ resourceType: 'DocumentReference', meta: { security } });
  return {
    labels: [...new Set([...labels, ...facts.labels])],
    confidentiality: facts.confidentiality,
    effects: canonicalSet<StatutoryEffect>([...effects, ...facts.effects]),
  };
}

function coding(system: string, code: string): object {
  return { system: `http://terminology.hl7.org/CodeSystem/${system}`, code };
}

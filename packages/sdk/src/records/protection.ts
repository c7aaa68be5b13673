// Owns: what a content is protected by besides what it says itself: labels, and the level and the effects of law that these
// bring. Does not own: the tables of labels (the fhir package).
import {
  CONFIDENTIALITY_LEVELS,
  type Confidentiality,
  canonicalSet,
  type StatutoryEffect,
} from '@consilium/core';
import { describeResource, type ResourceFacts } from '@consilium/fhir/describe';

/** Up to the level of a content that nobody marked. */
const OPEN_LEVELS: readonly Confidentiality[] = CONFIDENTIALITY_LEVELS.slice(
  0,
  CONFIDENTIALITY_LEVELS.indexOf('N') + 1,
);

export interface Protection {
  readonly labels: readonly string[];
  readonly confidentiality: Confidentiality;
  readonly effects: readonly StatutoryEffect[];
}

/** What is not said demands nothing. */
export type LeastProtection = { readonly [K in keyof Protection]?: Protection[K] | undefined };

/** Of a content that says nothing of itself. What the owner says is the least; labels may bring more of each. */
export function protectionOf({
  labels = [],
  confidentiality = 'N',
  effects = [],
}: LeastProtection): Protection {
  const security = securityOf(labels, confidentiality);
  const facts = describeResource({ resourceType: 'DocumentReference', meta: { security } });
  return {
    labels: union(labels, facts.labels),
    confidentiality: facts.confidentiality,
    effects: canonicalSet<StatutoryEffect>(union(effects, facts.effects)),
  };
}

/** The facts of a resource, protected at least so: never less than it says itself. A level up to N demands nothing. */
export function describeProtected(
  resource: unknown,
  least: LeastProtection,
): Omit<ResourceFacts, 'labels'> & Protection {
  const facts = describeResource(resource);
  const demanded = protectionOf(least);
  const { labels, confidentiality, effects } = highest(facts, demanded);
  const demandsLevel = !OPEN_LEVELS.includes(demanded.confidentiality);
  return { ...facts, labels, effects, ...(demandsLevel && { confidentiality }) };
}

/** What a Bundle says of all that is in it. */
export function protectionOfBundle(meta: unknown): Protection {
  const { labels, confidentiality, effects } = describeResource({ resourceType: 'Bundle', meta });
  return { labels, confidentiality, effects };
}

/** Of each what protects more. */
export function highest(one: LeastProtection, other: LeastProtection): Protection {
  return {
    labels: union(one.labels, other.labels),
    confidentiality:
      CONFIDENTIALITY_LEVELS.findLast(
        (level) => level === one.confidentiality || level === other.confidentiality,
      ) ?? 'N',
    effects: canonicalSet<StatutoryEffect>(union(one.effects, other.effects)),
  };
}

function union<T>(one: readonly T[] = [], other: readonly T[] = []): readonly T[] {
  return [...new Set([...one, ...other])];
}

function securityOf(labels: readonly string[], confidentiality: Confidentiality): readonly object[] {
  return [
    ...labels.map((label) => coding('v3-ActCode', label)),
    coding('v3-Confidentiality', confidentiality),
  ];
}

function coding(system: string, code: string): object {
  return { system: `http://terminology.hl7.org/CodeSystem/${system}`, code };
}

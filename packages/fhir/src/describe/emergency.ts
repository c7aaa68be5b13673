// Owns: what belongs to the emergency dataset by itself. Does not own: recent treatment, which needs a clock: the
// caller adds what is recent.
import { at, listOf, textOf } from '../json.ts';
import { codingsIn } from './codings.ts';

interface Rule {
  /** The element with the status: a code or a concept. */
  readonly element: string;
  /** Only with one of these; absent: whatever the status. */
  readonly only?: readonly string[];
  /** LOINC codes, of which one must be there; absent: whatever the code. */
  readonly codes?: readonly string[];
}

/** Blood group: ABO, ABO and Rh, Rh. Pregnancy status. */
const VITAL_FACTS = ['883-9', '882-1', '10331-7', '82810-3'];

const RULES: Readonly<Record<string, Rule>> = {
  AllergyIntolerance: { element: 'clinicalStatus' },
  Condition: { element: 'clinicalStatus', only: ['active', 'recurrence', 'relapse'] },
  Device: { element: 'status' },
  DeviceUseStatement: { element: 'status' },
  MedicationAdministration: { element: 'status', only: ['in-progress'] },
  MedicationRequest: { element: 'status', only: ['active'] },
  MedicationStatement: { element: 'status', only: ['active'] },
  Observation: { element: 'status', only: ['final', 'amended', 'corrected'], codes: VITAL_FACTS },
};

/** What was never so, whatever else it says. */
const VOID: ReadonlySet<string> = new Set(['entered-in-error', 'refuted']);

function statesOf(resource: unknown, element: string): readonly string[] {
  const value = at(resource, element);
  const code = textOf(value);
  return code === undefined ? codingsIn(value).map((coding) => coding.code) : [code];
}

export function isEmergency(resource: unknown): boolean {
  const type = textOf(at(resource, 'resourceType')) ?? '';
  const rule = Object.hasOwn(RULES, type) ? RULES[type] : undefined;
  if (rule === undefined) return false;
  const states = statesOf(resource, rule.element);
  const all = [...states, ...statesOf(resource, 'verificationStatus')];
  if (all.some((state) => VOID.has(state))) return false;
  if (rule.only !== undefined && !states.some((state) => rule.only?.includes(state))) return false;
  const loinc = codingsIn(listOf(at(resource, 'code')));
  return (
    rule.codes === undefined ||
    loinc.some(({ system, code }) => system === 'http://loinc.org' && rule.codes?.includes(code))
  );
}

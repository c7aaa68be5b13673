// Owns: HL7's published tree of sensitivity labels. Does not own: which resource gets which.
//
// Source: HL7 v3 ActCode, InformationSensitivityPolicy, as in FHIR R4 (4.0.1), and PREGNANT of hl7.terminology 7.0.1.
// Its abstract groups (_ActInformationSensitivityPolicy and so on) stand above every code and tell nothing apart; they
// are left out.

/** Label -> the label above it; null at the top. */
export const LABEL_PARENTS = {
  // about acts
  ETH: null,
  GDIS: null,
  HIV: null,
  MST: null,
  PREGNANT: null,
  SCA: null,
  SDV: null,
  SEX: null,
  SICKLE: null,
  SPI: null,
  BH: 'SPI',
  COGN: 'BH',
  DVD: 'BH',
  EMOTDIS: 'BH',
  MH: 'SPI',
  PSY: 'SPI',
  PSYTHPN: 'SPI',
  SUD: 'SPI',
  ETHUD: 'SUD',
  OPIOIDUD: 'SUD',
  STD: null,
  TBOO: null,
  VIO: null,
  // about persons
  DEMO: null,
  DOB: null,
  GENDER: null,
  LIVARG: null,
  MARST: null,
  RACE: null,
  REL: null,
  // about roles
  B: null,
  EMPL: null,
  LOCIS: null,
  SSP: null,
  // about both
  ADOL: null,
  CEL: null,
  DIA: null,
  DRGIS: null,
  EMP: null,
  PDS: null,
  PHY: null,
  PRS: null,
} as const;

export type Label = keyof typeof LABEL_PARENTS;

export const LABELS: readonly Label[] = Object.keys(LABEL_PARENTS) as Label[];

export const isLabel = (code: string): code is Label => Object.hasOwn(LABEL_PARENTS, code);

/** From the parent to the top. Nothing for a code that is no label. */
export function ancestorsOf(label: string): readonly Label[] {
  const parent = isLabel(label) ? LABEL_PARENTS[label] : null;
  return parent === null ? [] : [parent, ...ancestorsOf(parent)];
}

/**
 * Labels in another branch of the tree that, by their published definitions, cover the same information: ETH is
 * "alcohol or drug-abuse information", MH is "information related to psychological disorders". A patient who
 * denies the one must not be answered with the other.
 */
export const ALSO: Readonly<Partial<Record<Label, Label>>> = {
  ETHUD: 'ETH',
  OPIOIDUD: 'ETH',
  SUD: 'ETH',
  PSY: 'MH',
  PSYTHPN: 'MH',
};

// Owns: the invented person of the sample and what is drawn about her life. Everything here is made up.

export const PERSON = {
  family: 'Holloway-Brandt',
  given: ['Mara', 'Linnea'],
  birthDate: '1961-04-17',
  line: '14 Quince Orchard Lane',
  city: 'Aldermere',
  postalCode: '40817',
  phone: '+99 5550 144 208',
  identifierSystem: 'urn:example:alder-grove:mrn',
  identifier: 'AG-7714-0932-M',
} as const;

export interface Coded {
  readonly code: string;
  readonly display: string;
}

export const CONDITIONS: readonly Coded[] = [
  { code: '44054006', display: 'Type 2 diabetes mellitus' },
  { code: '38341003', display: 'Hypertensive disorder' },
  { code: '195967001', display: 'Asthma' },
  { code: '396275006', display: 'Osteoarthritis' },
];

export const PSYCHIATRIC_CONDITIONS: readonly Coded[] = [
  { code: '35489007', display: 'Depressive disorder' },
  { code: '197480006', display: 'Anxiety disorder' },
];

export const OBSERVATIONS: readonly (Coded & {
  readonly unit: string;
  readonly low: number;
  readonly high: number;
})[] = [
  { code: '4548-4', display: 'Hemoglobin A1c', unit: '%', low: 5.1, high: 9.4 },
  { code: '8480-6', display: 'Systolic blood pressure', unit: 'mm[Hg]', low: 104, high: 168 },
  { code: '2160-0', display: 'Creatinine in serum', unit: 'mg/dL', low: 0.6, high: 1.4 },
  { code: '29463-7', display: 'Body weight', unit: 'kg', low: 61.5, high: 78.9 },
  { code: '2339-0', display: 'Glucose in blood', unit: 'mg/dL', low: 74, high: 212 },
];

export const MEDICATIONS: readonly Coded[] = [
  { code: '860975', display: 'Metformin 500 MG oral tablet' },
  { code: '314076', display: 'Lisinopril 10 MG oral tablet' },
  { code: '745679', display: 'Albuterol 0.09 MG inhaler' },
];

export const VACCINES: readonly Coded[] = [
  { code: '140', display: 'Influenza, seasonal, injectable' },
  { code: '133', display: 'Pneumococcal conjugate PCV 13' },
  { code: '121', display: 'Zoster, live' },
];

export const ALLERGIES: readonly Coded[] = [
  { code: '91936005', display: 'Allergy to penicillin' },
  { code: '417532002', display: 'Allergy to fish' },
];

export const THERAPY_NOTES: readonly string[] = [
  'Third session; speaks for the first time of the winter after the move, sleeps better since.',
  'Brought the letters she never sent; we agreed to read one together next week.',
];

export const NOTES: readonly string[] = [
  'Seen in good spirits; walks the orchard path every morning without shortness of breath.',
  'Reports two nights of coughing after the harvest dust; inhaler technique reviewed together.',
  'Knee pain on stairs, better since the physiotherapy; no swelling today.',
  'Asked about the new glucose sensor; leaflet handed out, decision at the next visit.',
];

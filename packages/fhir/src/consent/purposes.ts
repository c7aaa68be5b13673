// Owns: purposes of use in a consent, and HL7's published tree of them, from which a code that the ledger does not count
// by finds the nearest one that it does. Does not own: which purposes the ledger counts by (core).
//
// Source: HL7 v3 ActReason, branch PurposeOfUse, of FHIR R4 (4.0.1).
import { canonicalSet, PURPOSES, type Purpose } from '@consilium/core';
import { codingOf, type Reading, repetitions, widen } from './reading.ts';
import { refuse } from './refusals.ts';
import { isOf } from './systems.ts';

const CHILDREN: Readonly<Record<string, string>> = {
  COVERAGE: 'ELIGDTRM ELIGVER ENROLLM MILDCRG',
  CLINTRCH: 'CLINTRCHNPC CLINTRCHPC PRECLINTRCH',
  ETREAT: 'BTG ERTREAT',
  HOPERAT:
    'CAREMGT DONAT FRAUD GOV HACCRED HCOMPL HDECD HDIRECT HDM HLEGAL HOUTCOMS HPRGRP HQUALIMP HSYSADMIN MEMADMIN MILCDM PATADMIN PATSFTY PERFMSR RECORDMGT SYSDEV TRAIN',
  HPAYMT: 'CLMATTCH COVAUTH COVERAGE REMITADV',
  HRESCH: 'BIORCH CLINTRCH DSRCH POARCH TRANSRCH',
  HSYSADMIN: 'LABELING METAMGT',
  PATRQT: 'FAMRQT PWATRNY SUPNWK',
  PUBHLTH: 'DISASTER THREAT',
  SYSDEV: 'HTEST',
  TREAT: 'CLINTRL COC ETREAT POPHLTH',
};

const PARENTS: ReadonlyMap<string, string> = new Map(
  Object.entries(CHILDREN).flatMap(([parent, codes]) =>
    codes.split(' ').map((code) => [code, parent] as const),
  ),
);

const isPurpose = (code: string): code is Purpose => (PURPOSES as readonly string[]).includes(code);

/** The code itself, or the nearest one above that the ledger counts by. */
export function nearestPurpose(code: string): Purpose | undefined {
  for (let each: string | undefined = code; each !== undefined; each = PARENTS.get(each))
    if (isPurpose(each)) return each;
  return undefined;
}

export function purposesIn(reading: Reading): readonly Purpose[] {
  const found = repetitions(reading, 'purpose').map(({ value, path }): Purpose => {
    const { system, code = '' } = codingOf(value);
    const nearest = isOf('actReason', system) ? nearestPurpose(code) : undefined;
    if (nearest === undefined) return refuse(path, 'purpose');
    if (nearest !== code) widen(reading, path, 'purpose');
    return nearest;
  });
  return canonicalSet(found);
}

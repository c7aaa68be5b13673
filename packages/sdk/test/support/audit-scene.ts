// A patient whose log holds every outcome there is: reads, disclosures, refusals by consent and by law, an emergency, a
// machine that asks for a person, looks at the log.
import {
  type AccessSelection,
  accountIdOf,
  fromHex,
  type Hex32,
  type Purpose,
  type SecretKey,
  signSecondOpinion,
} from '@consilium/core';
import { encryptionKeyFromSeed } from '@consilium/sealing';
import { type Hospital, keyOf } from '../../../core/test/kit/chain.ts';
import {
  type IngestedRecord,
  ingestRecords,
  issueCredential,
  openRecords,
  type Signer,
} from '../../src/index.ts';
import {
  createRecordsScene,
  labelled,
  observation,
  type RecordsScene,
  resourceSource,
} from './records-scene.ts';

type Role = Parameters<typeof issueCredential>[3]['role'];

export interface AuditScene extends RecordsScene {
  /** By name: `summary`, `allergy`, `note`, `mistaken`. */
  readonly records: Readonly<Record<RecordName, Hex32>>;
  readonly staff: (at: number, name: string, role?: Role, emergency?: boolean) => Signer;
  readonly institution: (at: number) => Signer;
  readonly ask: (signer: Signer, wish?: Wish) => Promise<void>;
  /** A search that nothing fits. */
  readonly openNothing: (signer: Signer) => Promise<void>;
}

export type RecordName = 'summary' | 'allergy' | 'note' | 'mistaken';

export interface Wish {
  readonly records?: readonly Hex32[];
  readonly purpose?: Purpose;
  readonly onBehalfOf?: Hex32;
  readonly project?: string;
  readonly emergency?: 'alone' | Signer;
}

const QUERY_ALL = { type: 'query', tags: [], months: null, fromIndex: 0 } as const;
const READER_SEED = '5e'.repeat(32);

const ALLERGY = {
  resourceType: 'AllergyIntolerance',
  id: 'penicillin',
  clinicalStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code: 'active' }],
  },
  patient: { reference: 'Patient/1' },
  recordedDate: '2024-05-02',
};

/** With four records of the first hospital; nobody has asked for any yet. */
export async function createAuditScene(): Promise<AuditScene> {
  const scene = createRecordsScene();
  const { chain } = scene.custody.ledger;
  const sources = [observation(0), ALLERGY, observation(2, labelled('PSYTHPN')), observation(3)].map(
    (resource, nr) => resourceSource(scene.patient, resource, `${nr}.json`),
  );
  const ingested = await ingestRecords(scene.client, sources, { signer: scene.author });
  const [summary, allergy, note, mistaken] = ingested.map(({ record }: IngestedRecord) => record) as [
    Hex32,
    Hex32,
    Hex32,
    Hex32,
  ];
  const institution = (at: number): Signer => {
    const { id, account } = chain.hospitals[at] as Hospital;
    return { account: id, key: account };
  };
  const known = new Map<string, Signer>();
  const staff: AuditScene['staff'] = (at, name, role = 'doctor', emergency = false) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const key: SecretKey = keyOf(name);
    const employer = institution(at);
    const credential = { role, speciality: null, emergency };
    const action = issueCredential(chain.deps.genesisHash, employer.account, key, credential);
    scene.commit(employer, action);
    const signer = { account: accountIdOf(key.publicKey), key };
    known.set(name, signer);
    return signer;
  };
  return {
    ...scene,
    client: scene.client,
    records: { summary, allergy, note, mistaken },
    institution,
    staff,
    openNothing: async (signer) => {
      const selection: AccessSelection = { ...QUERY_ALL, tags: ['00'.repeat(16)] };
      const { account: patient } = scene.patient;
      await openRecords(scene.client, { patient, selection, purpose: 'TREAT', signer });
    },
    ask: async (signer, { records, purpose = 'TREAT', onBehalfOf, project, emergency } = {}) => {
      const { account: patient } = scene.patient;
      const second = emergency === undefined || emergency === 'alone' ? null : emergency;
      const readerKey = encryptionKeyFromSeed(fromHex(READER_SEED)).publicKey;
      const until = chain.view().tip.time + 60_000;
      const opinion = { patient, reader: signer.account, readerKey, reason: 'unconscious', until } as const;
      const signature =
        second === null ? null : signSecondOpinion(second.key, chain.deps.genesisHash, opinion);
      await openRecords(scene.client, {
        patient,
        selection: records === undefined ? QUERY_ALL : { type: 'records', records },
        purpose: emergency === undefined ? purpose : 'BTG',
        signer,
        readerSeed: READER_SEED,
        ...(onBehalfOf !== undefined && { onBehalfOf }),
        ...(project !== undefined && { project }),
        ...(emergency !== undefined && {
          emergency: {
            reason: 'unconscious',
            second:
              second === null || signature === null ? null : { account: second.account, until, signature },
          },
        }),
      });
    },
  };
}

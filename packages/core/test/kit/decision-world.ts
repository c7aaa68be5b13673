// Owns: a network in which anything may stand in the way of an opening: people of every role, records of every mark,
// groups, delegates, policies, credentials that end, emergencies that fall due.
// Does not own: what is drawn of consents (random-consents.ts), any expectation.
import {
  type AccessOpenBody,
  type Action,
  actionOf,
  type ClinicianRole,
  CREDENTIALS,
  DELEGATIONS,
  type DelegationTerms,
  EMERGENCIES,
  EMERGENCY_STANDINGS,
  type Hex32,
  hashHex,
  IMPLICIT_POLICIES,
  listCount,
  POLICY,
  readRow,
  type SecondSignature,
  signSecondOpinion,
  utf8,
} from '../../src/index.ts';
import type { Chain, Hospital } from './chain.ts';
import { asPerson, credentialing, decide, enrol, type Person, personOf, submit } from './people.ts';
import { type Chance, drawProject, drawPurpose, drawRecord, type Nameable } from './random-consents.ts';
import { amendment, registered } from './records.ts';
import { accountOf } from './reference-case.ts';

const STAFF: readonly (readonly [name: string, hospital: number, role: ClinicianRole, emergency: boolean])[] =
  [
    ['doctor here', 0, 'doctor', true],
    ['officer here', 0, 'privacy-officer', false],
    ['payer here', 0, 'payer', false],
    ['doctor there', 1, 'doctor', true],
    ['nurse there', 1, 'nurse', true],
    ['payer there', 1, 'payer', false],
    ['officer there', 1, 'privacy-officer', false],
    ['researcher', 2, 'researcher', false],
    ['pharmacist', 2, 'pharmacist', false],
  ];
const PASSING = 'doctor there';

export interface DecisionWorld {
  readonly chain: Chain;
  readonly patient: Person;
  readonly nameable: Nameable;
  /** Everybody who may ask. */
  readonly readers: readonly Person[];
  readonly records: readonly Hex32[];
  /** Of its own block each; a refusal fails the test. */
  readonly send: (sender: Person, ...actions: readonly Action[]) => void;
  /** Now and then: groups, delegations, credentials, policy, reviews change. */
  readonly stir: (chance: Chance) => void;
  readonly drawRequest: (chance: Chance) => WorldRequest;
}

export interface WorldRequest {
  readonly reader: Person;
  readonly body: AccessOpenBody;
}

export function createDecisionWorld(chain: Chain, chance: Chance): DecisionWorld {
  const [here, there, third] = chain.hospitals as readonly [Hospital, Hospital, Hospital];
  const send: DecisionWorld['send'] = (sender, ...actions) => {
    const { code } = submit(chain, sender, ...actions);
    if (code !== 'OK') throw new Error(code);
  };
  for (const [name, at, role, emergency] of STAFF) {
    const by = chain.hospitals[at] as Hospital;
    send(asPerson(by), credentialing(chain, by, name, { role, emergency }));
  }
  const staff = STAFF.map(([name]) => personOf(name));
  const patient = enrol(chain, here, 'patient');
  const persons = ['relative', 'stranger'].map((name) => enrol(chain, there, name));
  send(asPerson(there), actionOf('group.put', { index: null, members: [] }));
  send(asPerson(third), actionOf('group.put', { index: null, members: [] }));
  const records = registerAll(chain, chance, [asPerson(here), personOf('doctor here')], patient);
  const readers = [...chain.hospitals.map(asPerson), ...staff, patient, ...persons];
  const accounts = [...[here, there, third].map(({ id }) => id), ...staff.map(({ id }) => id)];
  const world: DecisionWorld = {
    chain,
    patient,
    records,
    readers,
    send,
    nameable: {
      records,
      authors: [here.id, there.id, personOf('doctor here').id],
      actors: [
        ...accounts
          .filter((id) => id !== personOf(PASSING).id)
          .map((id) => ({ type: 'account', id }) as const),
        ...STAFF.map(([, , role]) => ({ type: 'role', role }) as const),
        { type: 'group', institution: there.id, index: 0 },
        { type: 'group', institution: third.id, index: 0 },
      ],
    },
    stir: (dice) => stirAll(world, dice, accounts),
    drawRequest: (dice) => drawRequest(world, dice),
  };
  return world;
}

function registerAll(
  chain: Chain,
  chance: Chance,
  writers: readonly Person[],
  patient: Person,
): readonly Hex32[] {
  const ids = writers.flatMap((writer, at) =>
    registered(
      chain,
      writer,
      patient.id,
      ...Array.from({ length: 12 }, (_, nr) => drawRecord(chance, `record ${at} ${nr}`)),
    ),
  );
  const [first, second] = ids as [Hex32, Hex32];
  const [writer] = writers as [Person];
  const later = drawRecord(chance, 'a later version', { amends: first });
  submit(chain, writer, amendment(chain, patient.id, later));
  submit(chain, writer, actionOf('record.retract', { record: second }));
  return [...ids, later.commitment];
}

function stirAll(world: DecisionWorld, { often, one, some, below }: Chance, members: readonly Hex32[]): void {
  const { chain, send, patient } = world;
  const [here, there, third] = chain.hospitals as readonly [Hospital, Hospital, Hospital];
  const { state, tip } = chain.view();
  if (often(0.3)) {
    const group = [...new Set(some(members, 4))].sort();
    send(asPerson(one([there, third])), actionOf('group.put', { index: 0, members: group }));
  }
  if (often(0.3)) {
    const count = listCount(state, 'delegations', patient.id);
    const last = readRow(state, DELEGATIONS, patient.id, count - 1);
    if (last !== undefined && last.endedHeight === null) {
      send(patient, actionOf('identity.endDelegation', { patient: patient.id, index: count - 1 }));
    } else {
      const minute = Math.floor(tip.time / 60_000);
      const terms: DelegationTerms = {
        delegate: one([
          personOf('relative'),
          personOf('relative'),
          personOf('doctor here'),
          personOf('nurse there'),
        ]).id,
        kind: 'proxy',
        scopes: one([['read'], ['consent'], ['audit', 'read']] as const),
        period: { from: (minute - 2 + below(4)) * 60_000, until: (minute + 3 + below(20)) * 60_000 },
      };
      send(patient, actionOf('identity.appointDelegate', { patient: patient.id, ...terms }));
    }
  }
  if (often(0.15)) turnCredential(world, there);
  if (often(0.2)) {
    const policy = one(
      IMPLICIT_POLICIES.filter((each) => each !== (readRow(state, POLICY) ?? 'Policy-break-glass-only')),
    );
    decide(chain, { type: 'policy', policy }, chain.hospitals.slice(0, 3));
  }
  if (often(0.5)) for (const hospital of [here, there]) reviewAll(world, hospital, often(0.15));
}

/** Withdrawn, or issued again to the same account. */
function turnCredential({ chain, send }: DecisionWorld, by: Hospital): void {
  const { state } = chain.view();
  const account = accountOf(state, personOf(PASSING).id);
  const index = account.credential as number;
  const stands = readRow(state, CREDENTIALS, by.id, index)?.withdrawnHeight === null;
  const again = credentialing(chain, by, PASSING, { role: 'doctor', emergency: true });
  send(asPerson(by), stands ? actionOf('identity.withdrawCredential', { index }) : again);
}

function reviewAll({ chain, send }: DecisionWorld, by: Hospital, harsh: boolean): void {
  const { state } = chain.view();
  const officer = personOf(by === chain.hospitals[0] ? 'officer here' : 'officer there');
  const count = listCount(state, 'emergencies', by.id);
  const open = Array.from({ length: count }, (_, index) => index).filter(
    (index) => readRow(state, EMERGENCIES, by.id, index)?.review === null,
  );
  const [first, ...others] = open.map((index, at) =>
    actionOf('emergency.review', { index, verdict: harsh && at === 0 ? 'unjustified' : 'justified' }),
  );
  if (first !== undefined) send(officer, first, ...others.slice(0, 60));
  for (const [name] of STAFF) {
    const { id } = personOf(name);
    const suspended = readRow(chain.view().state, EMERGENCY_STANDINGS, id)?.suspended === true;
    const own = accountOf(state, id).institution === by.id;
    if (suspended && own && !harsh) send(asPerson(by), actionOf('emergency.reinstate', { clinician: id }));
  }
}

function drawRequest(world: DecisionWorld, chance: Chance): WorldRequest {
  const { chain, patient, readers, records } = world;
  const { state, tip } = chain.view();
  const reader = chance.one(readers);
  const { kind, institution } = accountOf(state, reader.id);
  const staff = STAFF.filter(([, at]) => chain.hospitals[at]?.id === institution);
  const [helped] = staff.length > 0 && kind === 'institution' && chance.often(0.5) ? chance.one(staff) : [];
  const mayBreak = STAFF.some(([name, , , emergency]) => emergency && personOf(name).id === reader.id);
  const drawn = mayBreak && chance.often(0.3) ? 'BTG' : drawPurpose(chance);
  const purpose = helped !== undefined && drawn === 'BTG' ? 'TREAT' : drawn;
  // A word of a second serves once for each key.
  const readerKey = hashHex(utf8(`key ${chance.below(2 ** 31)} of ${tip.height}`));
  const wanted = [...new Set([chance.one(records), ...chance.some(records, 2)])];
  return {
    reader,
    body: {
      patient: patient.id,
      selection: { type: 'records', records: wanted },
      purpose,
      readerKey,
      onBehalfOf: helped === undefined ? null : personOf(helped).id,
      project: purpose !== 'BTG' && chance.often(0.2) ? drawProject(chance) : null,
      emergency:
        purpose === 'BTG'
          ? { reason: 'unconscious', second: chance.often(0.4) ? secondWord(world, reader, readerKey) : null }
          : null,
    },
  };
}

function secondWord(
  { chain, patient }: DecisionWorld,
  reader: Person,
  readerKey: Hex32,
): SecondSignature | null {
  const second = personOf('pharmacist');
  if (second.id === reader.id) return null;
  const until = chain.view().tip.time + 1_800_000;
  const opinion = {
    patient: patient.id,
    reader: reader.id,
    readerKey,
    reason: 'unconscious',
    until,
  } as const;
  const signature = signSecondOpinion(second.key, chain.deps.genesisHash, opinion);
  return { account: second.id, until, signature };
}

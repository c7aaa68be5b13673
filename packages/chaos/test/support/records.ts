// Owns: a simulated network with sealed records that a test drives by hand: who is enrolled, what is registered, who asks.
import {
  type Action,
  actionOf,
  bodyOf,
  type Hex32,
  isConsiliumError,
  type Receipt,
  type TxResult,
} from '@consilium/core';
import type { CustodianAnswer } from '@consilium/node/custody';
import { stateReader } from '@consilium/node/replica';
import {
  type Access,
  type Authored,
  accessTo,
  authorRecords,
  type Believed,
  believe,
  type ClusterOptions,
  consentTo,
  contentOf,
  depositRecords,
  enrolment,
  type Hospital,
  type Person,
  personAt,
  type ReadingWorld,
  releaseRequest,
  type Sender,
  type SimNode,
  signTransaction,
  submit,
  worldMs,
} from '@consilium/sim';
import { expect } from 'vitest';
import { type Network, network } from './network.ts';

export interface RecordsNetwork extends Network {
  /** Of the first hospital. */
  readonly patient: Person;
  /** Of the second hospital; the patient has not consented yet. */
  readonly doctor: Person;
  /** Committed on these nodes (all that are up) when it returns. */
  commit(sender: Sender, action: Action, among?: readonly SimNode[]): TxResult;
  /** Handed in at the first node, registered, and held by every custodian that is up. */
  register(...texts: readonly string[]): Authored;
  /** The same, of the emergency dataset. */
  registerDataset(...texts: readonly string[]): Authored;
  consent(): void;
  /** A doctor of the second hospital who may break the glass. */
  rescuer(): Person;
  /** An emergency of the rescuer, as the ledger entered it. */
  breakGlass(authored: Authored, rescuer: Person): Access;
  /** An access of the doctor, as the ledger entered it. */
  access(authored: Authored, among?: readonly SimNode[]): Access;
  /** What comes back when the doctor asks for shares through this node. */
  ask(at: SimNode, access: Access): readonly CustodianAnswer[];
  believe(access: Access, answers: readonly CustodianAnswer[]): Believed;
  /** The texts that the doctor reads, by what comes back from this node. */
  read(at: SimNode, access: Access): readonly string[];
}

export function recordsNetwork(options: Partial<ClusterOptions> = {}): RecordsNetwork {
  const net = network({ ...options, custody: true });
  const { cluster, nodes } = net;
  const { custody, hospitals, scheduler } = cluster;
  if (custody === undefined) throw new Error('a cluster with custody');
  const world: ReadingWorld = { ...cluster, custody };
  const prng = cluster.prng.fork('test records');
  const [home, away] = hospitals as [Hospital, Hospital];
  const patient = personAt(cluster, home, 'patient', 'one');
  const doctor = personAt(cluster, away, 'doctor', 'one');
  const blobs = new Map<Hex32, { readonly blob: Uint8Array; readonly text: string }>();
  const up = (): readonly SimNode[] => nodes.filter(({ isUp }) => isUp);

  const commit: RecordsNetwork['commit'] = (sender, action, among = up()) => {
    const tx = signTransaction(cluster, sender, [action], prng.bytes(16));
    submit(cluster, up()[0] as SimNode, tx);
    net.until(() => net.resultOf(tx.id) !== undefined, 20_000);
    const height = Math.max(...among.map((node) => node.height));
    net.untilHeight(height, 20_000, among);
    return net.resultOf(tx.id) as TxResult;
  };
  const mustCommit = (sender: Sender, action: Action, among?: readonly SimNode[]): TxResult => {
    const result = commit(sender, action, among);
    expect(result.code).toBe('OK');
    return result;
  };
  const answerOf = <T>(ask: (done: (result: T) => void) => void): T => {
    const answers: T[] = [];
    ask((result) => answers.push(result));
    net.until(() => answers.length > 0, 20_000);
    return answers[0] as T;
  };
  const ask: RecordsNetwork['ask'] = (at, access) => {
    const request = releaseRequest(world, access, prng.bytes(16));
    const answers = answerOf<readonly CustodianAnswer[] | Error>((done) =>
      at.custody?.release(request, 'all', done),
    );
    if (isConsiliumError(answers) || answers instanceof Error) throw answers;
    return answers;
  };
  const believed: RecordsNetwork['believe'] = (access, answers) =>
    believe(world, stateReader((up()[0] as SimNode).kv.reader), access, answers);

  const register = (texts: readonly string[], emergency: boolean): Authored => {
    const at = nodes[0] as SimNode;
    const authored = authorRecords(world, prng, stateReader(at.kv.reader), patient, texts);
    const receipts = answerOf<readonly Receipt[] | undefined>((done) => depositRecords(at, authored, done));
    const { records, ...rest } = bodyOf({
      ...authored.registration(receipts ?? []),
      type: 'record.register',
    });
    const marked = records.map((record) => ({ ...record, emergency }));
    mustCommit(home, actionOf('record.register', { ...rest, records: marked }));
    for (const [place, { id, text }] of authored.records.entries())
      blobs.set(id, { blob: authored.blobs[place] as Uint8Array, text });
    net.until(() => up().every(({ vault }) => vault.ids().length >= blobs.size), 20_000);
    return authored;
  };
  const accessOf = ({ records }: Authored, reader: Person, action: Action, among = up()): Access => {
    const { outcomes } = mustCommit(reader, action, among);
    const index = outcomes[0]?.index as number;
    return { patient: patient.id, index, reader, places: [...records.keys()] };
  };

  for (const person of [patient, doctor]) mustCommit(person.hospital, enrolment(cluster, person));
  return {
    ...net,
    patient,
    doctor,
    commit,
    register: (...texts) => register(texts, false),
    registerDataset: (...texts) => register(texts, true),
    consent: () => {
      mustCommit(patient, consentTo(patient.id, doctor.id, worldMs({ scheduler })));
    },
    rescuer: () => {
      const rescuer = personAt(cluster, away, 'doctor', 'rescuer');
      const credential = bodyOf({ ...enrolment(cluster, rescuer), type: 'identity.issueCredential' });
      mustCommit(away, actionOf('identity.issueCredential', { ...credential, emergency: true }));
      return rescuer;
    },
    breakGlass: (authored, rescuer) => {
      const ids = authored.records.map(({ id }) => id);
      const body = bodyOf({ ...accessTo(patient.id, ids, rescuer), type: 'access.open' });
      const emergency = { reason: 'unconscious', second: null } as const;
      return accessOf(authored, rescuer, actionOf('access.open', { ...body, purpose: 'BTG', emergency }));
    },
    access: (authored, among) => {
      const ids = authored.records.map(({ id }) => id);
      return accessOf(authored, doctor, accessTo(patient.id, ids, doctor), among);
    },
    ask,
    believe: believed,
    read: (at, access) => {
      const { secrets } = believed(access, ask(at, access));
      for (const [record, secret] of secrets) {
        const known = blobs.get(record);
        const isRight = known !== undefined && contentOf(secret, known.blob) === known.text;
        for (const listener of cluster.taps.read)
          listener({ patient: patient.id, record, reader: access.reader.id, access: access.index, isRight });
      }
      return [...secrets].map(([record, secret]) =>
        String(contentOf(secret, (blobs.get(record) as { blob: Uint8Array }).blob)),
      );
    },
  };
}

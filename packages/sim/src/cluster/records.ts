// Owns: authors, patients and readers of sealed records as a workload: who does what is drawn, through any node that is up.
// Some readers ask before they may, or although they were denied. Does not own: any judgement of what they get.
import {
  ACCOUNTS,
  type Action,
  actionOf,
  type Hex32,
  hashHex,
  listCount,
  RECORDS,
  readRow,
} from '@consilium/core';
import { type AuthoredRecord, authorRecords, contentOf } from './authored.ts';
import type { Cluster } from './cluster.ts';
import { depositRecords } from './deposit.ts';
import { ledgerState } from './membership.ts';
import { consentTo, enrolment, type Person, personAt } from './people.ts';
import { createReaders, type Readers } from './readers.ts';
import type { Access, ReadingWorld } from './reading.ts';
import type { Sender } from './sign-transaction.ts';
import type { SimNode } from './sim-node.ts';
import { signTransaction, submit, worldMs } from './transactions.ts';

export interface RecordsOptions {
  /** Mean time between two doings. Microseconds. */
  readonly meanUs: number;
}

/** What its people saw, counted. */
export interface RecordsSeen {
  deposited: number;
  registered: number;
  opened: number;
  /** Requests after which a reader could open nothing. */
  closed: number;
  /** Records whose ciphertext came back as well, and said what the author wrote. */
  read: number;
  readonly liars: Set<Hex32>;
}

export interface RecordsWorkload {
  readonly seen: RecordsSeen;
  /** Everything that was deposited, registered or not. */
  readonly records: readonly KnownRecord[];
  stop(): void;
}

/** As its author keeps it in mind: nothing else in the network knows it. */
export interface KnownRecord extends AuthoredRecord {
  readonly patient: Person;
  readonly blob: Uint8Array;
}

/** The cluster has custody. */
export function startRecordsWorkload(cluster: Cluster, options: RecordsOptions): RecordsWorkload {
  const people = new People(cluster);
  let running = true;
  const arm = (): void => {
    cluster.scheduler.after(people.prng.between(1, 2 * options.meanUs), () => {
      if (!running) return;
      people.act();
      arm();
    });
  };
  arm();
  return {
    seen: people.seen,
    records: people.records,
    stop: () => {
      running = false;
    },
  };
}

class People {
  readonly seen: RecordsSeen = {
    deposited: 0,
    registered: 0,
    opened: 0,
    closed: 0,
    read: 0,
    liars: new Set(),
  };
  readonly prng: Cluster['prng'];
  readonly #cluster: Cluster;
  readonly #world: ReadingWorld;
  readonly #patients: readonly Person[];
  readonly #doctors: readonly Person[];
  readonly records: KnownRecord[] = [];
  readonly #readers: Readers;
  readonly #accesses: Access[] = [];
  #texts = 0;

  constructor(cluster: Cluster) {
    const { custody } = cluster;
    if (custody === undefined) throw new Error('invariant: records need a cluster with custody');
    this.#cluster = cluster;
    this.#world = { ...cluster, custody };
    this.prng = cluster.prng.fork('records');
    const { hospitals } = cluster.founders;
    this.#patients = hospitals.map((hospital) => personAt(cluster, hospital, 'patient', 'one'));
    this.#doctors = hospitals.map((hospital) => personAt(cluster, hospital, 'doctor', 'one'));
    this.#readers = createReaders(cluster, this.prng);
  }

  act(): void {
    const state = ledgerState(this.#cluster);
    if (state === undefined) return;
    const all = [...this.#patients, ...this.#doctors];
    const unknown = all.filter(({ id }) => readRow(state, ACCOUNTS, id) === undefined);
    if (unknown.length > 0 && this.prng.chance(0.7)) return this.#enrol(this.prng.pick(unknown));
    const drawn = this.prng.fraction();
    if (drawn < 0.3) this.#author();
    else if (drawn < 0.45) this.#consent();
    else if (drawn < 0.5) this.#revoke();
    else if (drawn < 0.53) this.#erase();
    else if (drawn < 0.8) this.#open();
    else if (this.#accesses.length > 0) this.#ask(this.prng.pick(this.#accesses.slice(-10)));
  }

  #enrol(person: Person): void {
    this.#send(person.hospital, enrolment(this.#cluster, person));
  }

  #author(): void {
    const state = ledgerState(this.#cluster);
    const node = this.#anyUp();
    const patient = this.prng.pick(this.#patients);
    if (state === undefined || node === undefined || readRow(state, ACCOUNTS, patient.id) === undefined)
      return;
    const texts = Array.from({ length: this.prng.between(1, 2) }, () => this.#text());
    const authored = authorRecords(this.#world, this.prng, state, patient, texts);
    depositRecords(node, authored, (receipts) => {
      if (receipts === undefined) return;
      this.seen.deposited += 1;
      this.#send(patient.hospital, authored.registration(receipts));
      for (const [place, record] of authored.records.entries())
        this.records.push({ ...record, patient, blob: authored.blobs[place] as Uint8Array });
    });
  }

  #text(): string {
    this.#texts += 1;
    return `simulated finding ${this.#texts}`;
  }

  #consent(): void {
    const patient = this.prng.pick(this.#patients);
    const excluded = this.prng.chance(0.2) ? ['b2'.repeat(16)] : [];
    this.#send(
      patient,
      consentTo(patient.id, this.prng.pick(this.#doctors).id, worldMs(this.#cluster), excluded),
    );
  }

  #revoke(): void {
    const state = ledgerState(this.#cluster);
    const patient = this.prng.pick(this.#patients);
    const count = state === undefined ? 0 : listCount(state, 'consents', patient.id);
    if (count === 0) return;
    const index = this.prng.below(count);
    this.#send(patient, actionOf('consent.revoke', { patient: patient.id, index }));
  }

  /** By the author; readers go on asking for it. */
  #erase(): void {
    const state = ledgerState(this.#cluster);
    if (state === undefined) return;
    const standing = this.records.filter(({ id }) => readRow(state, RECORDS, id)?.erasedHeight === null);
    if (standing.length === 0) return;
    const { id, patient } = this.prng.pick(standing);
    const body = { patient: patient.id, records: [id], reason: 'retention-over' } as const;
    this.#send(patient.hospital, actionOf('record.erase', body));
  }

  #open(): void {
    const state = ledgerState(this.#cluster);
    if (state === undefined) return;
    const registered = this.records.filter(({ id }) => readRow(state, RECORDS, id) !== undefined);
    this.seen.registered = registered.length;
    if (registered.length === 0) return;
    const { id, patient } = this.prng.pick(registered);
    const home = this.#doctors.find(({ hospital }) => hospital === patient.hospital);
    const reader = home !== undefined && this.prng.chance(0.3) ? home : this.prng.pick(this.#doctors);
    this.#readers.open(patient.id, [id], reader, (access) => {
      this.#accesses.push(access);
      this.#cluster.scheduler.after(this.prng.between(0, 2_000_000), () => this.#ask(access));
    });
    // Some are in a hurry, and ask before the entry can be there.
    if (!this.prng.chance(0.3)) return;
    const index = listCount(state, 'accesses', patient.id);
    this.#ask({ patient: patient.id, index, reader, places: [0] });
  }

  #ask(access: Access): void {
    this.#readers.ask(access, ({ secrets, liars }) => {
      for (const liar of liars) this.seen.liars.add(liar);
      if (secrets.size === 0) this.seen.closed += 1;
      for (const [record, secret] of secrets) this.#opened(access, record, secret);
    });
  }

  #opened({ patient, reader, index }: Access, record: Hex32, secret: Uint8Array): void {
    const known = this.records.find(({ id }) => id === record);
    const isRight = known !== undefined && contentOf(secret, known.blob) === known.text;
    this.seen.opened += 1;
    for (const listener of this.#cluster.taps.read)
      listener({ patient, record, reader: reader.id, access: index, isRight });
    if (known !== undefined) this.#fetch(known, secret);
  }

  #fetch({ blob: sealed, text }: KnownRecord, secret: Uint8Array): void {
    this.#anyUp()?.custody?.readBlobs([hashHex(sealed)], (blobs) => {
      const [blob] = blobs;
      if (blob !== undefined && blob !== null && contentOf(secret, blob) === text) this.seen.read += 1;
    });
  }

  #anyUp(): SimNode | undefined {
    const up = this.#cluster.nodes.filter((node) => node.custody !== undefined);
    return up.length === 0 ? undefined : this.prng.pick(up);
  }

  #send(sender: Sender, action: Action): void {
    const up = this.#cluster.nodes.filter((node) => node.pool !== undefined);
    if (up.length === 0) return;
    submit(
      this.#cluster,
      this.prng.pick(up),
      signTransaction(this.#cluster, sender, [action], this.prng.bytes(16)),
    );
  }
}

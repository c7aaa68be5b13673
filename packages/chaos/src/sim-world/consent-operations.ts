// Owns: what clients of a simulated cluster did to each consent and what they were told, as operations with the times of
// asking and of the answer. A grant and a revocation are writes; the decision of an access is a read: it names the
// consent that it rests on, or says that no consent of the patient to the reader stood. Does not own: any judgement.
import { ACCESSES, type Action, bodyOf, type Hex32, readRow, type Tx, type TxResult } from '@consilium/core';
import { stateReader } from '@consilium/node/replica';
import type { Cluster, SimNode } from '@consilium/sim';
import type { ConsentOperation } from '../history/operations.ts';

interface Asked {
  readonly tx: Tx;
  readonly node: Hex32;
  readonly invokedMs: number;
}

interface Granted {
  readonly tx: Hex32;
  readonly key: string;
  readonly patient: Hex32;
  readonly grantee: Hex32;
}

interface Seen {
  readonly key: string;
  readonly seen: 'granted' | 'none';
}

/** Everything asked so far, in no order. */
export type ConsentOperations = () => readonly ConsentOperation[];

export function hearConsentOperations(cluster: Cluster): ConsentOperations {
  const { scheduler, taps, nodes } = cluster;
  const ear = new Ear(() => scheduler.nowUs() / 1000);
  taps.submitted.push((tx, node) => ear.submitted(tx, node));
  taps.committed.push((id, { execution }) => {
    const node = nodes.find((each) => each.id === id) as SimNode;
    for (const result of execution.results) ear.committed(node, result);
  });
  return () => ear.operations();
}

class Ear {
  readonly #nowMs: () => number;
  readonly #asked = new Map<Hex32, Asked>();
  readonly #answered: ConsentOperation[] = [];
  readonly #granted = new Map<Hex32, Granted>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  submitted(tx: Tx, node: Hex32): void {
    const [action] = tx.actions;
    const isOfConsent = isGrant(action) || isRevocation(action) || isAccess(action);
    if (isOfConsent && !this.#asked.has(tx.id))
      this.#asked.set(tx.id, { tx, node, invokedMs: this.#nowMs() });
  }

  /** Whoever tells of a grant first: who reads it next may not wait for the one who asked. */
  committed(node: SimNode, result: TxResult): void {
    const asked = this.#asked.get(result.txId);
    if (asked === undefined) return;
    this.#noteGrant(asked.tx, result);
    if (asked.node !== node.id) return;
    this.#asked.delete(result.txId);
    this.#answered.push(...this.#operationsOf(asked, result, node));
  }

  operations(): ConsentOperation[] {
    return [...this.#answered, ...[...this.#asked.values()].flatMap((asked) => this.#unanswered(asked))];
  }

  #noteGrant({ id, sender, actions: [action] }: Tx, { outcomes }: TxResult): void {
    const index = outcomes[0]?.index;
    if (!isGrant(action) || typeof index !== 'number' || this.#granted.has(id)) return;
    const { grantee } = bodyOf(action);
    this.#granted.set(id, { tx: id, key: keyOf(sender, index), patient: sender, grantee });
  }

  #operationsOf({ tx, invokedMs }: Asked, { code, outcomes }: TxResult, node: SimNode): ConsentOperation[] {
    const [action] = tx.actions;
    const index = outcomes[0]?.index;
    const told = {
      client: tx.sender.slice(0, 8),
      ...{ invokedMs, respondedMs: this.#nowMs() },
      outcome: code === 'OK' ? 'ok' : 'fail',
    } as const;
    if (isRevocation(action))
      return [{ ...told, kind: 'revoke', key: keyOf(tx.sender, bodyOf(action).index) }];
    if (typeof index !== 'number') return [];
    if (isGrant(action)) return [{ ...told, kind: 'grant', key: keyOf(tx.sender, index) }];
    if (!isAccess(action)) return [];
    const { patient } = bodyOf(action);
    return this.#readsOf(node, patient, index, tx.sender).map((read) => ({ ...told, kind: 'read', ...read }));
  }

  #readsOf({ kv }: SimNode, patient: Hex32, index: number, reader: Hex32): Seen[] {
    const items = readRow(stateReader(kv.reader), ACCESSES, patient, index)?.items ?? [];
    const resting = items.flatMap(({ rule, consent }) => (rule === 'consent' ? (consent ?? []) : []));
    const hadNone = items.some(({ rule }) => rule === 'no-consent');
    const none = hadNone
      ? [...this.#granted.values()].filter((each) => each.patient === patient && each.grantee === reader)
      : [];
    return [
      ...[...new Set(resting)].map((consent) => ({ key: keyOf(patient, consent), seen: 'granted' as const })),
      ...none.map(({ key }) => ({ key, seen: 'none' as const })),
    ];
  }

  /** Its node never told of the commit. A grant that nobody told of is no consent that anybody knows. */
  #unanswered({ tx, invokedMs }: Asked): ConsentOperation[] {
    const [action] = tx.actions;
    const times = { invokedMs, respondedMs: invokedMs };
    const told = { client: tx.sender.slice(0, 8), ...times, outcome: 'info' } as const;
    if (isRevocation(action))
      return [{ ...told, kind: 'revoke', key: keyOf(tx.sender, bodyOf(action).index) }];
    const key = this.#granted.get(tx.id)?.key;
    return key === undefined ? [] : [{ ...told, kind: 'grant', key }];
  }
}

type ActionOf<T extends string> = Action & { readonly type: T };

function isGrant(action: Action | undefined): action is ActionOf<'consent.grant'> {
  return action?.type === 'consent.grant';
}

function isRevocation(action: Action | undefined): action is ActionOf<'consent.revoke'> {
  return action?.type === 'consent.revoke';
}

function isAccess(action: Action | undefined): action is ActionOf<'access.open'> {
  return action?.type === 'access.open';
}

function keyOf(patient: Hex32, index: number): string {
  return `${patient.slice(0, 8)}/${index}`;
}

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

/** What was heard so far. */
interface Heard {
  readonly asked: Map<Hex32, Asked>;
  readonly answered: ConsentOperation[];
  /** By the transaction that granted. */
  readonly granted: Map<Hex32, Granted>;
}

export function hearConsentOperations(cluster: Cluster): ConsentOperations {
  const { scheduler, taps, nodes } = cluster;
  const nowMs = (): number => scheduler.nowUs() / 1000;
  const heard: Heard = { asked: new Map(), answered: [], granted: new Map() };
  const { asked, answered } = heard;
  taps.submitted.push((tx, node) => {
    const [action] = tx.actions;
    const isOfConsent = isGrant(action) || isRevocation(action) || isAccess(action);
    if (isOfConsent && !asked.has(tx.id)) asked.set(tx.id, { tx, node, invokedMs: nowMs() });
  });
  taps.committed.push((id, { execution }) => {
    const node = nodes.find((each) => each.id === id) as SimNode;
    for (const result of execution.results) hearCommitted(heard, node, result, nowMs());
  });
  return () => [...answered, ...[...asked.values()].flatMap((each) => unanswered(heard, each))];
}

/** Whoever tells of a grant first: who reads it next may not wait for the one who asked. */
function hearCommitted(heard: Heard, node: SimNode, result: TxResult, respondedMs: number): void {
  const asked = heard.asked.get(result.txId);
  if (asked === undefined) return;
  noteGrant(heard, asked.tx, result);
  if (asked.node !== node.id) return;
  heard.asked.delete(result.txId);
  heard.answered.push(...operationsOf(heard, asked, result, node, respondedMs));
}

function noteGrant({ granted }: Heard, { id, sender, actions: [action] }: Tx, { outcomes }: TxResult): void {
  const index = outcomes[0]?.index;
  if (!isGrant(action) || typeof index !== 'number' || granted.has(id)) return;
  const [actor] = bodyOf(action).terms.rule.actors;
  if (actor?.type !== 'account') return;
  granted.set(id, { key: keyOf(sender, index), patient: sender, grantee: actor.id });
}

function operationsOf(
  heard: Heard,
  { tx, invokedMs }: Asked,
  { code, outcomes }: TxResult,
  node: SimNode,
  respondedMs: number,
): ConsentOperation[] {
  const [action] = tx.actions;
  const index = outcomes[0]?.index;
  const told = {
    client: tx.sender.slice(0, 8),
    ...{ invokedMs, respondedMs },
    outcome: code === 'OK' ? 'ok' : 'fail',
  } as const;
  if (isRevocation(action)) return [{ ...told, kind: 'revoke', key: keyOf(tx.sender, bodyOf(action).index) }];
  if (typeof index !== 'number') return [];
  if (isGrant(action)) return [{ ...told, kind: 'grant', key: keyOf(tx.sender, index) }];
  if (!isAccess(action)) return [];
  const { patient } = bodyOf(action);
  const reads = readsOf(heard, node, patient, index, tx.sender);
  return reads.map((read) => ({ ...told, kind: 'read', ...read }));
}

function readsOf({ granted }: Heard, { kv }: SimNode, patient: Hex32, index: number, reader: Hex32): Seen[] {
  const items = readRow(stateReader(kv.reader), ACCESSES, patient, index)?.items ?? [];
  const resting = items.flatMap(({ rule, consent }) => (rule === 'consent' ? (consent ?? []) : []));
  const hadNone = items.some(({ rule }) => rule === 'no-consent');
  const none = hadNone
    ? [...granted.values()].filter((each) => each.patient === patient && each.grantee === reader)
    : [];
  return [
    ...[...new Set(resting)].map((consent) => ({ key: keyOf(patient, consent), seen: 'granted' as const })),
    ...none.map(({ key }) => ({ key, seen: 'none' as const })),
  ];
}

/** Its node never told of the commit. A grant that nobody told of is no consent that anybody knows. */
function unanswered({ granted }: Heard, { tx, invokedMs }: Asked): ConsentOperation[] {
  const [action] = tx.actions;
  const times = { invokedMs, respondedMs: invokedMs };
  const told = { client: tx.sender.slice(0, 8), ...times, outcome: 'info' } as const;
  if (isRevocation(action)) return [{ ...told, kind: 'revoke', key: keyOf(tx.sender, bodyOf(action).index) }];
  const key = granted.get(tx.id)?.key;
  return key === undefined ? [] : [{ ...told, kind: 'grant', key }];
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

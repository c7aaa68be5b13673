import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AGGREGATE_ENTRIES_MAX,
  AGGREGATES,
  type Aggregate,
  type AuditCommitBody,
  type AuditEntry,
  type AuditFact,
  type AuditHead,
  actionOf,
  auditChainFault,
  auditEntryDigest,
  auditMapKey,
  auditMapValue,
  chainAuditEntry,
  createMemoryTree,
  fromHex,
  type Hex32,
  hashBlocks64,
  hashHex,
  listCount,
  merkleProof,
  merkleRoot,
  NO_AUDIT_ENTRY,
  proveState,
  readRow,
  updateTree,
  utf8,
  verifyAuditHead,
  verifyBatchEntry,
  ZERO_HASH,
} from '../../../src/index.ts';
import { createChain, type Hospital } from '../../kit/chain.ts';
import { asPerson, codeOfSubmit, enrol, submit } from '../../kit/people.ts';

const hash = (name: string): Hex32 => hashHex(utf8(name));
const commit = (name: string, before: string | null, wish: Partial<AuditCommitBody> = {}) =>
  actionOf('audit.commit', {
    root: hash(`root ${name}`),
    count: 3,
    mapRoot: hash(`map ${name}`),
    previous: before === null ? ZERO_HASH : hash(`map ${before}`),
    ...wish,
  });

describe('a root over entries of an institution', () => {
  it('stands with its height and time under the next index of its institution', () => {
    const chain = createChain();
    const [a, b] = chain.hospitals as unknown as [Hospital, Hospital];
    expect(submit(chain, asPerson(a), commit('1', null)).outcomes).toEqual([{ id: null, index: 0 }]);
    expect(submit(chain, asPerson(b), commit('1', null)).outcomes).toEqual([{ id: null, index: 0 }]);
    expect(submit(chain, asPerson(a), commit('2', '1')).outcomes).toEqual([{ id: null, index: 1 }]);
    const { state, tip } = chain.view();
    expect(readRow(state, AGGREGATES, a.id, 1)).toEqual({
      root: hash('root 2'),
      count: 3,
      mapRoot: hash('map 2'),
      previous: hash('map 1'),
      height: tip.height,
      time: tip.time,
    });
    expect(listCount(state, 'aggregates', a.id)).toBe(2);
    expect(listCount(state, 'aggregates', b.id)).toBe(1);
  });

  it('is refused when it does not follow on the last one: the same again, a fork, a gap, a first that is none', () => {
    const chain = createChain();
    const [a] = chain.hospitals as unknown as [Hospital];
    const sent = asPerson(a);
    const refusedOf = (action: ReturnType<typeof commit>) => codeOfSubmit(chain, sent, action);
    expect(refusedOf(commit('2', '1'))).toBe('AGGREGATE_NOT_NEXT');
    submit(chain, sent, commit('1', null));
    expect(refusedOf(commit('1', null))).toBe('AGGREGATE_NOT_NEXT');
    expect(refusedOf(commit('other', null))).toBe('AGGREGATE_NOT_NEXT');
    submit(chain, sent, commit('2', '1'));
    expect(refusedOf(commit('3', '1'))).toBe('AGGREGATE_NOT_NEXT');
    expect(submit(chain, sent, commit('3', '2'), commit('4', '3')).outcomes).toHaveLength(2);
  });

  it('two that grew from the same map, in one block: one stands', () => {
    const chain = createChain();
    const [a] = chain.hospitals as unknown as [Hospital];
    const { id, key } = asPerson(a);
    chain.commit([chain.tx(id, key, [commit('1', null)]), chain.tx(id, key, [commit('other', null)])]);
    expect(listCount(chain.view().state, 'aggregates', id)).toBe(1);
  });

  it('comes from institutions, over some entries, and changes the map', () => {
    const chain = createChain();
    const [a] = chain.hospitals as unknown as [Hospital];
    expect(codeOfSubmit(chain, enrol(chain, a, 'patient 1'), commit('1', null))).toBe('TX_NOT_PERMITTED');
    const same = commit('1', '1');
    const empty = commit('1', '0', { mapRoot: ZERO_HASH });
    for (const action of [same, empty])
      expect(codeOfSubmit(chain, asPerson(a), action)).toBe('TX_ACTION_MALFORMED');
    for (const count of [0, AGGREGATE_ENTRIES_MAX + 1])
      expect(() => commit('1', null, { count })).toThrow('the bytes are not canonical');
  });
});

const PATIENTS = ['1', '2', '3', '4', '5'].map((name) => hash(`patient ${name}`));

const fact: fc.Arbitrary<AuditFact> = fc.record({
  time: fc.nat(2 ** 40),
  patient: fc.constantFrom(...PATIENTS),
  actor: fc.constantFrom(
    { type: 'code', code: 'ab'.repeat(16) } as const,
    { type: 'account', id: hash('doctor') } as const,
  ),
  action: fc.constantFrom('C', 'R', 'U'),
  purpose: fc.constantFrom('TREAT', 'HPAYMT'),
  detail: fc.string().map(hash),
});

interface Batch {
  readonly entries: readonly AuditEntry[];
  readonly heads: ReadonlyMap<Hex32, AuditHead>;
  readonly tree: ReturnType<typeof createMemoryTree>;
  readonly row: Aggregate;
}

function batchOf(facts: readonly AuditFact[]): Batch {
  const heads = new Map<Hex32, AuditHead>();
  const entries = facts.map((each) => {
    const { entry, head } = chainAuditEntry(heads.get(each.patient) ?? NO_AUDIT_ENTRY, each);
    heads.set(each.patient, head);
    return entry;
  });
  const tree = createMemoryTree();
  const updates = [...heads].map(([patient, head]) => ({
    keyHash: auditMapKey(patient),
    valueHash: auditMapValue(head),
  }));
  const { root: mapRoot, nodes } = updateTree(tree, updates, hashBlocks64);
  tree.write(nodes);
  const root = merkleRoot(leavesOf(entries));
  const row = { root, count: entries.length, mapRoot, previous: ZERO_HASH, height: 1, time: 1 };
  return { entries, heads, tree, row };
}

function leavesOf(entries: readonly AuditEntry[]): readonly Uint8Array[] {
  return entries.map((entry) => fromHex(auditEntryDigest(entry)));
}

const facts = fc.array(fact, { minLength: 2, maxLength: 30 });

describe('the entries under a root', () => {
  it('are each provable alone, and no other in its place', () => {
    fc.assert(
      fc.property(facts, fc.nat(), (given, at) => {
        const { entries, row } = batchOf(given);
        const leaves = leavesOf(entries);
        entries.forEach((entry, index) => {
          expect(verifyBatchEntry(row, entry, merkleProof(leaves, index))).toBe(true);
        });
        const entry = entries[at % entries.length] as AuditEntry;
        const place = merkleProof(leaves, at % entries.length);
        for (const changed of changesOf(entry)) expect(verifyBatchEntry(row, changed, place)).toBe(false);
        expect(verifyBatchEntry({ ...row, count: row.count + 1 }, entry, place)).toBe(false);
      }),
      { numRuns: 30 },
    );
  });

  it('are the whole chain of their pseudonym, and one dropped, edited, swapped or invented is noticed where it is', () => {
    fc.assert(
      fc.property(facts, fc.nat(), (given, place) => {
        const { entries, heads } = batchOf(given);
        for (const [patient, head] of heads) {
          const own = entries.filter((entry) => entry.patient === patient);
          expect(auditChainFault(patient, own, head)).toBeUndefined();
          const at = place % own.length;
          const fault = (chain: readonly AuditEntry[]) => auditChainFault(patient, chain, head);
          const rest = own.toSpliced(at, 1);
          const last = at === own.length - 1;
          expect(fault(rest)).toEqual({ at, rule: last ? 'missing' : 'order' });
          const invented = own[at] as AuditEntry;
          expect(fault(own.toSpliced(at, 0, invented))).toEqual(
            last ? { at: own.length, rule: 'surplus' } : { at: at + 1, rule: 'order' },
          );
          const [edited] = changesOf(invented);
          expect(fault(own.with(at, edited))).toEqual({ at, rule: 'changed' });
          if (!last)
            expect(fault(own.with(at, own[at + 1] as AuditEntry).with(at + 1, invented))).toEqual({
              at,
              rule: 'order',
            });
        }
      }),
      { numRuns: 50 },
    );
  });

  it('count under the map as they are, and no other number or head does; who has none is proven to have none', () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { heads, tree, row } = batchOf(given);
        for (const patient of PATIENTS) {
          const head = heads.get(patient) ?? null;
          const proof = proveState(tree, auditMapKey(patient));
          expect(verifyAuditHead(row.mapRoot, patient, head, proof)).toBe(true);
          const others = [null, { count: 1, head: ZERO_HASH }, head && { ...head, count: head.count + 1 }];
          for (const other of others.filter((each) => each !== head))
            expect(verifyAuditHead(row.mapRoot, patient, other, proof)).toBe(false);
        }
      }),
      { numRuns: 30 },
    );
  });
});

function changesOf(entry: AuditEntry): [AuditEntry, ...AuditEntry[]] {
  return [
    { ...entry, time: entry.time + 1 },
    { ...entry, action: 'D' },
    { ...entry, purpose: 'HLEGAL' },
    { ...entry, actor: { type: 'code', code: '00'.repeat(16) } },
    { ...entry, patient: hash('another') },
    { ...entry, detail: hash('other detail, other salt') },
    { ...entry, index: entry.index + 1 },
    { ...entry, previous: hash('another') },
  ];
}

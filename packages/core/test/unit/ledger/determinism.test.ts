import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Action,
  actionOf,
  batchOf,
  checkBlock,
  createMemoryTree,
  currentEpoch,
  type Hex32,
  hashBlocks64,
  hashHex,
  stateKeyHash,
  stateValueHash,
  type Tx,
  toHex,
  treeRoot,
  updateTree,
  utf8,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, hospital, keyOf } from '../../kit/chain.ts';
import {
  accountOf,
  asPerson,
  credentialing,
  enrol,
  enrolment,
  grantTo,
  type Person,
  personOf,
  revoking,
  rotation,
  TAG_A,
} from '../../kit/people.ts';
import { amendment, newRecord, opening, receiptsOf, registration, tagsWith } from '../../kit/records.ts';

/** The values in an order that the numbers pick. */
function permuted<T>(values: readonly T[], picks: readonly number[]): T[] {
  const rest = [...values];
  return picks.concat(rest.map(() => 0)).flatMap((pick) => rest.splice(pick % Math.max(rest.length, 1), 1));
}

function anchor(name: string): Action {
  return actionOf('anchor.commit', { root: hashHex(utf8(name)), count: 3, schema: 'fhir-r4' });
}

const picks = fc.array(fc.nat(), { minLength: 12, maxLength: 12 });

describe('transactions that do not conflict', () => {
  const chain = createChain();
  const [a, b, c, d] = chain.hospitals as unknown as [Hospital, Hospital, Hospital, Hospital];
  const patients = ['patient 1', 'patient 2', 'patient 3'].map((name) => enrol(chain, a, name));
  const [one, two, three] = patients as [Person, Person, Person];
  const by = ({ id, key }: Person, ...actions: Action[]): Tx => chain.tx(id, key, actions);
  const txs = [
    by(asPerson(a), anchor('a'), credentialing(chain, a, 'doctor 1')),
    by(asPerson(b), anchor('b'), credentialing(chain, b, 'doctor 2')),
    by(asPerson(c), enrolment(chain, c, 'patient 4')),
    by(asPerson(c), enrolment(chain, c, 'patient 5'), enrolment(chain, c, 'patient 6')),
    by(
      asPerson(d),
      actionOf('institutions.propose', { change: { type: 'admit', card: hospital('Sihl').card } }),
    ),
    by(one, grantTo(chain, one.id, b.id), grantTo(chain, one.id, c.id)),
    by(two, grantTo(chain, two.id, d.id)),
    by(three, rotation(chain, three.id, keyOf('patient 3, second key'))),
    by(asPerson(d), anchor('d'), anchor('d')),
  ];
  const reference = chain.build(txs);

  it('give one state, in whatever order they stand', () => {
    expect(reference.execution.results.map(({ code }) => code)).toEqual([
      ...Array.from({ length: 8 }, () => 'OK'),
      'ANCHOR_EXISTS',
    ]);
    fc.assert(
      fc.property(picks, (order) => {
        const { execution, block } = chain.build(permuted(txs, order));
        expect(block.txs).toHaveLength(txs.length);
        expect(execution.stateRoot).toBe(reference.execution.stateRoot);
        expect(execution.changes).toEqual(reference.execution.changes);
        expect(new Set(execution.results)).toEqual(new Set(reference.execution.results));
      }),
      { numRuns: 20 },
    );
  });

  it('give one state, in whatever order the state before was written', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), fc.integer({ min: 1, max: 40 }), (order, batch) => {
        const rows = permuted(chain.rows(), order);
        const tree = createMemoryTree();
        for (let from = 0; from < rows.length; from += batch) {
          const updates = rows.slice(from, from + batch).map(({ table, key, value }) => ({
            keyHash: stateKeyHash(table, key),
            valueHash: stateValueHash(value as Uint8Array),
          }));
          tree.write(updateTree(tree, updates, hashBlocks64).nodes);
        }
        const view = { ...chain.view(), tree };
        const { stateRoot } = checkBlock(chain.deps, view, reference.block);
        expect(stateRoot).toBe(reference.block.header.stateRoot);
      }),
      { numRuns: 20 },
    );
  });

  it('give one block, byte for byte, each time', () => {
    expect(chain.build(txs)).toEqual(reference);
  });
});

type Wish = { readonly kind: number; readonly who: number; readonly what: number };
const wish: fc.Arbitrary<Wish> = fc.record({ kind: fc.nat(15), who: fc.nat(5), what: fc.nat(4) });

/** Some action, sensible or not, of some account. */
function wished(chain: Chain, { kind, who, what }: Wish): Tx {
  const hospitals = chain.hospitals;
  const by = hospitals[who % hospitals.length] as Hospital;
  const person = personOf(`patient ${what}`);
  const sender = kind >= 5 && kind <= 7 ? person : asPerson(by);
  const actions: readonly (() => Action)[] = [
    () => enrolment(chain, by, `patient ${what}`),
    () => credentialing(chain, by, `doctor ${what}`),
    () => actionOf('identity.withdrawCredential', { index: what }),
    () => anchor(`root ${what}`),
    () =>
      actionOf('institutions.propose', {
        change: { type: 'remove', institution: (hospitals[what] as Hospital).id, confirmName: null },
      }),
    () => grantTo(chain, person.id, by.id),
    () => revoking(person.id, what),
    () => rotation(chain, person.id, keyOf(`key ${who} of patient ${what}`)),
    () => actionOf('institutions.approve', { proposal: openId(chain, what) }),
    () => ({ type: 'chain.unheardOf', version: 1, body: null }),
    ...recordActions(chain, by, { who, what }),
  ];
  const key = sender === person ? currentKey(chain, person, what) : sender.key;
  return chain.tx(sender.id, key, [(actions[kind] as () => Action)()]);
}

/** Records are of the patients of the first hospital, which are enrolled from the start. */
function recordActions(
  chain: Chain,
  by: Hospital,
  { who, what }: Pick<Wish, 'who' | 'what'>,
): readonly (() => Action)[] {
  const patient = personOf(`patient ${what % 3}`).id;
  const record = newRecord(`record ${what}`, { tags: tagsWith(TAG_A) });
  const { commitment: amends } = record;
  const batch = batchOf({ records: [record] });
  const root = hashHex(utf8(`new root ${who}`));
  const epoch = currentEpoch(chain.view().state);
  return [
    () => registration(chain, patient, record),
    () => amendment(chain, patient, newRecord(`version ${who} of ${what}`, { amends })),
    () => opening(patient, { type: 'query', tags: [], months: null, fromIndex: 0 }),
    () => actionOf('record.retract', { record: amends }),
    () => {
      const receipts = receiptsOf(chain, { batch, epoch, root, count: 1 });
      return actionOf('custody.confirm', { epoch, batches: [{ batch, root, receipts }] });
    },
    () => actionOf('custody.accuse', { from: Math.max(epoch - 1, 0), to: epoch, dealer: by.id }),
  ];
}

function currentKey(chain: Chain, person: Person, what: number): Person['key'] {
  const names = [0, 1, 2, 3, 4, 5].map((who) => `key ${who} of patient ${what}`);
  const known = isEnrolled(chain, person.id) ? accountOf(chain, person.id).key : '';
  return names.map(keyOf).find((key) => key.publicKey === known) ?? person.key;
}

function isEnrolled(chain: Chain, id: Hex32): boolean {
  return chain.rows().some(({ table, key }) => table === 1 && toHex(key) === id);
}

function openId(chain: Chain, what: number): Hex32 {
  const ids = chain.rows().filter(({ table }) => table === 8);
  const row = ids[what % Math.max(ids.length, 1)];
  return row === undefined ? '0'.repeat(64) : toHex(row.key);
}

describe('whatever is submitted', () => {
  it('the block that is built passes the check, and its root is that of all rows from scratch', () => {
    const blocks = fc.array(fc.array(wish, { maxLength: 10 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(blocks, (wishes) => {
        const chain = createChain(FOUNDERS.slice(0, 5));
        const [a] = chain.hospitals as unknown as [Hospital];
        for (const name of ['patient 0', 'patient 1', 'patient 2']) enrol(chain, a, name);
        for (const each of wishes) {
          const candidates = each.map((one) => wished(chain, one));
          const { block, execution, refused } = chain.build(candidates);
          expect(execution.txs.length + refused.size).toBe(candidates.length);
          const checked = checkBlock(chain.deps, chain.view(), block);
          expect(checked).toEqual(execution);
          chain.apply(block, checked);
          expect(rootFromScratch(chain)).toBe(block.header.stateRoot);
        }
      }),
      { numRuns: 15 },
    );
  });
});

function rootFromScratch(chain: Chain): Hex32 {
  const tree = createMemoryTree();
  const updates = chain.rows().map(({ table, key, value }) => ({
    keyHash: stateKeyHash(table, key),
    valueHash: stateValueHash(value as Uint8Array),
  }));
  tree.write(updateTree(tree, updates, hashBlocks64).nodes);
  return treeRoot(tree);
}

import { describe, expect, it } from 'vitest';
import {
  ACCOUNTS,
  actionOf,
  checkEvidence,
  currentEpoch,
  custodyEpoch,
  DEVELOPMENT_CHAIN_PREFIX,
  findValidator,
  formerNetworkKeys,
  type GovernedChange,
  hashHex,
  INSTITUTIONS,
  NETWORK_KEY_OVERLAP_HEIGHTS,
  NO_ROUND,
  nextValidators,
  readRow,
  signValidatorCard,
  utf8,
  type ValidatorCard,
  validatorsAfterNext,
} from '../../../src/index.ts';
import { type Chain, createChain, FOUNDERS, type Hospital, keyOf, signVote } from '../../kit/chain.ts';
import { asPerson, codeOfSubmit, decide, propose, rotation, stripSignatures } from '../../kit/people.ts';

const [account2, validator2, network2] = ['account', 'validator', 'network'].map((use) =>
  keyOf(`second ${use} key of Aare`),
) as [ReturnType<typeof keyOf>, ReturnType<typeof keyOf>, ReturnType<typeof keyOf>];
const custody2 = hashHex(utf8('second custody key of Aare'));

/** The card of a hospital with other content, signed by the account key and the validator key that it names. */
function newCard(
  of: Hospital,
  changes: Partial<ValidatorCard>,
  account = of.account,
  validator = of.validator,
): ValidatorCard {
  return signValidatorCard({ ...stripSignatures(of.card), ...changes }, account, validator);
}

const rotate = (of: Hospital, card: ValidatorCard): GovernedChange => ({
  type: 'rotate',
  institution: of.id,
  card,
});

function institutionOf(chain: Chain, { id }: Hospital) {
  return readRow(chain.view().state, INSTITUTIONS, id);
}

describe('a rotation by vote', () => {
  it('lets the old validator key decide until the second height after, and the new one from it', () => {
    const chain = createChain();
    const [a, b, c] = chain.hospitals as [Hospital, Hospital, Hospital];
    const card = newCard(a, { validatorKey: validator2.publicKey }, a.account, validator2);
    decide(chain, rotate(a, card), [a, b, c]);
    const { state } = chain.view();
    const keyIn = (set: ReturnType<typeof nextValidators>) => findValidator(set, a.id)?.key;
    expect(keyIn(nextValidators(state))).toBe(a.card.validatorKey);
    expect(keyIn(validatorsAfterNext(state))).toBe(validator2.publicKey);
    expect(nextValidators(state)).toHaveLength(4);
    expect(institutionOf(chain, a)).toMatchObject({ status: 'active', membership: 1 });
  });

  it('leaves what the old validator key signed at its heights provable', () => {
    const chain = createChain();
    const [a, b, c] = chain.hospitals as [Hospital, Hospital, Hospital];
    const { tip } = chain.view();
    const vote = (blockId: string | null) =>
      signVote(chain.genesis, a.validator.publicKey, a.id, {
        ...{ type: 'precommit', height: tip.height + 1, round: 0, blockId, validRound: NO_ROUND },
      });
    const evidence = {
      type: 'double-vote',
      first: vote(null),
      second: vote(hashHex(utf8('a block'))),
    } as const;
    const card = newCard(a, { validatorKey: validator2.publicKey }, a.account, validator2);
    decide(chain, rotate(a, card), [a, b, c]);
    for (let count = 0; count < 3; count += 1) chain.commit([], { author: b.id });
    const height = chain.view().tip.height + 1;
    expect(() => checkEvidence(chain.view().state, chain.deps, evidence, height)).not.toThrow();
  });

  it('lets both network keys in for a stated number of heights, and one former key only', () => {
    const chain = createChain();
    const [a, b, c] = chain.hospitals as [Hospital, Hospital, Hospital];
    decide(chain, rotate(a, newCard(a, { networkKey: network2.publicKey })), [a, b, c]);
    const { state, tip } = chain.view();
    const last = tip.height + NETWORK_KEY_OVERLAP_HEIGHTS;
    expect(institutionOf(chain, a)?.networkKey).toBe(network2.publicKey);
    expect(formerNetworkKeys(state, a.id, last)).toEqual([a.card.networkKey]);
    expect(formerNetworkKeys(state, a.id, last + 1)).toEqual([]);
    const third = keyOf('third network key of Aare').publicKey;
    decide(chain, rotate(a, newCard(a, { networkKey: third })), [a, b, c]);
    expect(formerNetworkKeys(chain.view().state, a.id, last)).toEqual([network2.publicKey]);
  });

  it('begins another custody epoch with the other custody key', () => {
    const chain = createChain();
    const [a, b, c] = chain.hospitals as [Hospital, Hospital, Hospital];
    decide(chain, rotate(a, newCard(a, { custodyKey: custody2 })), [a, b, c]);
    const { state } = chain.view();
    const custodians = custodyEpoch(state, currentEpoch(state))?.custodians;
    expect(currentEpoch(state)).toBe(1);
    expect(custodians?.find(({ id }) => id === a.id)?.custodyKey).toBe(custody2);
  });

  it('gives a hospital that lost its account key another one', () => {
    const chain = createChain();
    const [a, b, c, d] = chain.hospitals as [Hospital, Hospital, Hospital, Hospital];
    const card = newCard(a, { accountKey: account2.publicKey }, account2);
    decide(chain, rotate(a, card), [b, c, d]);
    expect(readRow(chain.view().state, ACCOUNTS, a.id)).toMatchObject({
      key: account2.publicKey,
      previousKey: a.account.publicKey,
    });
    const noop = actionOf('chain.noop', {});
    expect(codeOfSubmit(chain, { id: a.id, key: account2 }, noop)).toBe('OK');
    expect(() => codeOfSubmit(chain, asPerson(a), noop)).toThrow('TX_KEY_ROTATED');
  });

  it('is refused for keys that somebody holds or held, for another name, and where no key is new', () => {
    const chain = createChain();
    const [a, b, c] = chain.hospitals as [Hospital, Hospital, Hospital];
    const codeFor = (card: ValidatorCard) => propose(chain, b, rotate(a, card)).code;
    expect(codeFor(newCard(a, { networkKey: b.card.networkKey }))).toBe('INSTITUTION_EXISTS');
    expect(codeFor(newCard(a, { name: 'Aare West', networkKey: network2.publicKey }))).toBe('VALUE_INVALID');
    expect(codeFor(newCard(a, { addresses: ['/ip4/192.0.2.7/tcp/1'] }))).toBe('VALUE_INVALID');
    decide(chain, rotate(a, newCard(a, { networkKey: network2.publicKey })), [a, b, c]);
    expect(codeFor(a.card)).toBe('INSTITUTION_EXISTS');
  });

  it('is refused for a card that its keys did not sign, with one key for two uses, or of nobody who is in', () => {
    const chain = createChain(FOUNDERS.slice(0, 5));
    const [a, b, c, d, e] = chain.hospitals as [Hospital, Hospital, Hospital, Hospital, Hospital];
    const codeFor = (of: Hospital, card: ValidatorCard) => propose(chain, b, rotate(of, card)).code;
    const unsigned = { ...newCard(a, { networkKey: network2.publicKey }), addresses: [] };
    expect(codeFor(a, unsigned)).toBe('KEY_INVALID');
    const twice = newCard(
      a,
      { networkKey: validator2.publicKey, validatorKey: validator2.publicKey },
      a.account,
      validator2,
    );
    expect(codeFor(a, twice)).toBe('KEY_INVALID');
    decide(chain, { type: 'remove', institution: e.id, confirmName: null }, [a, b, c, d]);
    expect(codeFor(e, newCard(e, { networkKey: network2.publicKey }))).toBe('INSTITUTION_NOT_FOUND');
  });

  it('with development keys is refused in earnest', () => {
    const chain = createChain(FOUNDERS.slice(0, 4), {}, 'cantons');
    expect('cantons'.startsWith(DEVELOPMENT_CHAIN_PREFIX)).toBe(false);
    const [a, b] = chain.hospitals as [Hospital, Hospital];
    const card = newCard(a, { networkKey: network2.publicKey, development: true });
    expect(propose(chain, b, rotate(a, card)).code).toBe('KEY_INVALID');
  });
});

describe('an institution by its own signature', () => {
  it('moves to other addresses and takes another account key, at once', () => {
    const chain = createChain();
    const [a] = chain.hospitals as [Hospital];
    const addresses = ['/dns4/node.aare.example/tcp/4001'];
    expect(codeOfSubmit(chain, asPerson(a), actionOf('institutions.move', { addresses }))).toBe('OK');
    expect(institutionOf(chain, a)?.addresses).toEqual(addresses);
    expect(codeOfSubmit(chain, asPerson(a), rotation(chain, a.id, account2))).toBe('OK');
    expect(readRow(chain.view().state, ACCOUNTS, a.id)?.key).toBe(account2.publicKey);
  });
});

import { describe, expect, test } from 'vitest';
import {
  type ConsensusParams,
  ConsiliumError,
  cardFromJson,
  cardToJson,
  createGenesis,
  type ErrorData,
  genesisFromJson,
  genesisHash,
  genesisToJson,
  secretKeyFromSeed,
  signValidatorCard,
  type ValidatorCard,
  verifyEd25519,
} from '../../src/index.ts';

/** Written out, so that the hash below does not follow the defaults. */
const PARAMS: ConsensusParams = {
  propose: { baseMs: 1_500, stepMs: 500, maxMs: 15_000 },
  prevote: { baseMs: 500, stepMs: 250, maxMs: 5_000 },
  precommit: { baseMs: 500, stepMs: 250, maxMs: 5_000 },
  precisionMs: 400,
  delayMs: 4_000,
  blockTxsMax: 2_000,
  blockTxBytesMax: 2 * 1024 * 1024,
  evidenceWindowHeights: 10_000,
  demotionMisses: 3,
  demotionHeights: 200,
};

const keyOf = (number: number) => secretKeyFromSeed(new Uint8Array(32).fill(number));

function cardOf(name: string, first: number): ValidatorCard {
  const [account, validator, network] = [keyOf(first), keyOf(first + 1), keyOf(first + 2)];
  const content = {
    name,
    accountKey: account.publicKey,
    validatorKey: validator.publicKey,
    networkKey: network.publicKey,
    custodyKey: keyOf(first + 3).publicKey,
    addresses: [`/dns4/${name.toLowerCase()}.example/tcp/4100`],
    development: false,
  };
  return signValidatorCard(content, account, validator);
}

const cards = [cardOf('Nord', 10), cardOf('Süd "Klinik"', 20), cardOf('Ost', 30), cardOf('West', 40)];
const genesisOf = (order: readonly ValidatorCard[]) =>
  createGenesis('hospitals-1', 0, order, PARAMS, verifyEd25519);
const json = genesisToJson(genesisOf(cards));

function refusalOf(read: () => unknown): { code: string; data: ErrorData } {
  try {
    read();
  } catch (error) {
    if (error instanceof ConsiliumError) return { code: error.code, data: error.data };
    throw error;
  }
  throw new Error('expected a refusal');
}

const genesisRefusal = (text: string) => refusalOf(() => genesisFromJson(text, verifyEd25519));
const cardRefusal = (text: string) => refusalOf(() => cardFromJson(text, verifyEd25519));

describe('a genesis as JSON', () => {
  test('comes back as it was', () => {
    expect(genesisFromJson(json, verifyEd25519)).toEqual(genesisOf(cards));
  });

  test('is the same text in whatever order the cards came', () => {
    expect(genesisToJson(genesisOf([...cards].reverse()))).toBe(json);
    expect(genesisToJson(genesisFromJson(json, verifyEd25519))).toBe(json);
  });

  test('has sorted keys, two spaces and a newline at the end', () => {
    const lines = json.split('\n');
    expect(lines.slice(0, 4)).toEqual([
      '{',
      '  "chainId": "hospitals-1",',
      '  "params": {',
      '    "blockTxBytesMax": 2097152,',
    ]);
    expect(json.endsWith('}\n')).toBe(true);
  });

  test('has a hash that no version may change', () => {
    expect(genesisHash(genesisOf(cards))).toBe(
      'fb8efcd96bb83da5d9baba1aee93de9f7edd7ff1f9a16de53b29029f7d19912a',
    );
  });

  test('is read whatever mail and editors did to its white space', () => {
    const mailed = json.replaceAll('\n', '\r\n').replaceAll('  ', '\t').trim();
    expect(genesisFromJson(mailed, verifyEd25519)).toEqual(genesisOf(cards));
    expect(genesisFromJson(JSON.stringify(JSON.parse(json)), verifyEd25519)).toEqual(genesisOf(cards));
  });

  test('refuses white space that was put into a value', () => {
    expect(genesisRefusal(json.replace('"Nord"', '"Nord "')).code).toBe('GENESIS_INVALID');
  });

  test('refuses a field that is unknown, missing or of another type, and says where', () => {
    expect(genesisRefusal(json.replace('"time": 0', '"time": 0,\n  "title": 1'))).toEqual({
      code: 'GENESIS_INVALID',
      data: { rule: 'form', path: '$' },
    });
    expect(genesisRefusal(json.replace('"time": 0', '"time": "0"')).data).toEqual({
      rule: 'form',
      path: '$.time',
    });
    expect(genesisRefusal(json.replace(/"networkKey": "../, '"networkKey": "AB')).data).toEqual({
      rule: 'form',
      path: '$.validators[0].networkKey',
    });
  });

  test('refuses a field that stands twice, even with an equal value', () => {
    const twice = json.replace('"time": 0', '"time": 0,\n  "time": 0');
    expect(genesisRefusal(twice).data['rule']).toContain('twice');
    const hidden = json.replace('"chainId"', '"chainId": "what you read",\n  "chainId"');
    expect(genesisRefusal(hidden).data['rule']).toContain('twice');
  });

  test('refuses a value in another spelling', () => {
    expect(genesisRefusal(json.replace('2097152', '2.097152e6')).data['rule']).toContain('plainly');
    expect(genesisRefusal(json.replace('"Nord"', '"\\u004eord"')).data['rule']).toContain('plainly');
  });

  test('refuses a card that was changed after it was signed', () => {
    expect(genesisRefusal(json.replace('nord.example', 'evil.example')).data['rule']).toBe(
      'a signature of a validator card',
    );
  });

  test('refuses what is no JSON, no object or too long', () => {
    expect(genesisRefusal('{').data).toEqual({ rule: 'not JSON' });
    expect(genesisRefusal('null').data).toEqual({ rule: 'form', path: '$' });
    expect(genesisRefusal(json + ' '.repeat(2_000_000)).data['rule']).toBe('too long');
    expect(genesisRefusal(json.replace('{', '{ "__proto__": {},')).data).toEqual({ rule: 'form', path: '$' });
  });
});

describe('a validator card as JSON', () => {
  const card = cardOf('Nord', 10);

  test('comes back as it was', () => {
    expect(cardFromJson(cardToJson(card), verifyEd25519)).toEqual(card);
  });

  test('is refused when its keys did not sign what it says', () => {
    expect(cardRefusal(cardToJson({ ...card, name: 'Mord' }))).toEqual({
      code: 'CARD_INVALID',
      data: { rule: 'keys or signatures' },
    });
    expect(cardRefusal(cardToJson({ ...card, accountKey: '00'.repeat(32) })).code).toBe('CARD_INVALID');
  });

  test('is refused with a field that no signature covers', () => {
    expect(cardRefusal(JSON.stringify({ ...card, comment: 'call me' })).data).toEqual({
      rule: 'form',
      path: '$',
    });
  });
});

// The decoders of clients: files that people keep and pass on, and what a node's stream brings.
import { genesisToJson, type Hex32, secretKeyFromSeed } from '@consilium/core';
import { createKeyFile, formatKeyFile, parseKeyFile, readKeyFile } from '@consilium/sealing';
import { SAMPLE_GENESIS } from '../../../../core/test/kit/samples.ts';
import { createAnchor, formatAnchorSecrets, parseAnchorSecrets } from '../../../../sdk/src/anchor/anchor.ts';
import { documentsOfBundle } from '../../../../sdk/src/anchor/bundle.ts';
import { parseDocumentProof } from '../../../../sdk/src/anchor/proof-file.ts';
import { parseAccessLog } from '../../../../sdk/src/audit/log-file.ts';
import { parseChainMemory } from '../../../../sdk/src/client/chain.ts';
import { parseConsentCases } from '../../../../sdk/src/consents/conformance/case-file.ts';
import {
  askSecondOpinion,
  formatOpinion,
  giveSecondOpinion,
  parseOpinion,
} from '../../../../sdk/src/emergency/second-opinion.ts';
import { createSseParser } from '../../../../sdk/src/events/sse.ts';
import { parseGenesis } from '../../../../sdk/src/genesis.ts';
import { createWallet, formatWallet, parseWallet } from '../../../../sdk/src/keys/wallet.ts';
import { parseGrant } from '../../../../sdk/src/records/grant.ts';
import { createRegister, formatRegister, parseRegister } from '../../../../sdk/src/records/register-file.ts';
import type { Decoder } from './decoder.ts';
import { textDecoderOf } from './make.ts';

const ID: Hex32 = 'ba'.repeat(32);
const KEY = formatKeyFile(
  createKeyFile('Nord', 'institution', secretKeyFromSeed(new Uint8Array(32).fill(1))),
);
const WALLET = formatWallet(createWallet((length) => new Uint8Array(length).fill(7)));
const ANCHOR = formatAnchorSecrets(
  createAnchor([{ bytes: Uint8Array.of(1), source: 'a' }], { genesis: ID, institution: ID }, (length) =>
    new Uint8Array(length).fill(3),
  ),
);
const GRANT = JSON.stringify({
  kind: 'consilium-grant',
  ...{
    version: 1,
    genesis: ID,
    institution: ID,
    patient: ID,
    tagGeneration: 1,
    tags: [{ tag: 'ab'.repeat(16), word: 'laboratory' }],
  },
});
const CLINICIAN = { account: ID, key: secretKeyFromSeed(new Uint8Array(32).fill(1)) };
const ASKED = askSecondOpinion(
  { genesis: ID, patient: ID, reason: 'unconscious', signer: CLINICIAN },
  (length) => new Uint8Array(length).fill(5),
);
const GIVEN = giveSecondOpinion(ASKED, { ...CLINICIAN, account: 'ca'.repeat(32) }, 0);
const BUNDLE = JSON.stringify({
  resourceType: 'Bundle',
  type: 'collection',
  entry: [{ resource: { resourceType: 'Patient', id: 'a' } }, { resource: { resourceType: 'Observation' } }],
});

export const CLIENT_DECODERS: readonly Decoder[] = [
  textDecoderOf('sealing/src/key-file/key-file.ts#parseKeyFile', [KEY], parseKeyFile),
  textDecoderOf('sealing/src/key-file/key-file.ts#readKeyFile', [KEY], readKeyFile),
  textDecoderOf('sdk/src/keys/wallet.ts#parseWallet', [WALLET], parseWallet),
  textDecoderOf('sdk/src/anchor/anchor.ts#parseAnchorSecrets', [ANCHOR], parseAnchorSecrets),
  textDecoderOf('sdk/src/anchor/proof-file.ts#parseDocumentProof', [], parseDocumentProof),
  textDecoderOf('sdk/src/anchor/bundle.ts#documentsOfBundle', [BUNDLE], documentsOfBundle),
  textDecoderOf('sdk/src/records/grant.ts#parseGrant', [GRANT], parseGrant),
  textDecoderOf('sdk/src/consents/conformance/case-file.ts#parseConsentCases', [], (text) =>
    parseConsentCases(text, 'a case'),
  ),
  textDecoderOf(
    'sdk/src/emergency/second-opinion.ts#parseOpinion',
    [formatOpinion(ASKED), formatOpinion(GIVEN)],
    parseOpinion,
  ),
  textDecoderOf(
    'sdk/src/records/register-file.ts#parseRegister',
    [formatRegister(createRegister(ID, ID))],
    parseRegister,
  ),
  textDecoderOf('sdk/src/audit/log-file.ts#parseAccessLog', [], parseAccessLog),
  textDecoderOf('sdk/src/client/chain.ts#parseChainMemory', [], parseChainMemory),
  textDecoderOf('sdk/src/genesis.ts#parseGenesis', [genesisToJson(SAMPLE_GENESIS)], (text) =>
    parseGenesis(text),
  ),
  textDecoderOf('sdk/src/events/sse.ts#createSseParser', ['id: 1.0\nevent: tx\ndata: {}\n\n'], (text) =>
    createSseParser()(text),
  ),
];

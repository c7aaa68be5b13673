// The decoders of the ledger's objects: each with its samples, from core's own kit.
import {
  cardFromJson,
  cardToJson,
  decodeBlock,
  decodeLightSteps,
  decodeOwnRecords,
  decodeOwnRequest,
  decodePackage,
  decodeRelease,
  decodeReleased,
  decodeReleaseRequest,
  decodeTx,
  decodeTxResult,
  encodeBlock,
  encodeLightSteps,
  encodeOwnRecords,
  encodeOwnRequest,
  encodePackage,
  encodeRelease,
  encodeReleased,
  encodeReleaseRequest,
  encodeTxResult,
  genesisFromJson,
  genesisToJson,
  tryFromUtf8,
  tryReadCbor,
  utf8,
  verifyEd25519,
  writeCbor,
} from '@consilium/core';
import { decodeBlockTx } from '../../../../core/src/ledger/execute.ts';
import { KINDS, SAMPLE_GENESIS } from '../../../../core/test/kit/samples.ts';
import type { Decoder } from './decoder.ts';
import { decoderOf, textDecoderOf } from './make.ts';

/** Valid encodings of one kind of object. */
export function samplesOf(name: string): readonly Uint8Array[] {
  const kind = KINDS.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`no sample of ${name}`);
  return kind.samples;
}

/** Valid encodings of everything that core reads: what hostile bytes are made of. */
export const CORE_SAMPLES: readonly Uint8Array[] = KINDS.flatMap(({ samples }) => samples);

const result = encodeTxResult({ txId: 'ab'.repeat(32), code: 'STALE', failedAction: 0, outcomes: [] });
const [genesis, card] = [genesisToJson(SAMPLE_GENESIS), cardToJson(SAMPLE_GENESIS.validators[0] as never)];

export const CORE_DECODERS: readonly Decoder[] = [
  decoderOf('core/src/cbor-read.ts#tryReadCbor', samplesOf('block'), tryReadCbor, writeCbor),
  decoderOf('core/src/tx.ts#decodeTx', samplesOf('transaction'), decodeTx, ({ bytes }) => bytes),
  decoderOf('core/src/ledger/execute.ts#decodeBlockTx', samplesOf('transaction'), (bytes) =>
    decodeBlockTx({} as never, bytes),
  ),
  decoderOf('core/src/block.ts#decodeBlock', samplesOf('block'), decodeBlock, encodeBlock),
  decoderOf('core/src/ledger/results.ts#decodeTxResult', [result], decodeTxResult, encodeTxResult),
  decoderOf(
    'core/src/light-client.ts#decodeLightSteps',
    samplesOf('light-client steps'),
    decodeLightSteps,
    encodeLightSteps,
  ),
  decoderOf(
    'core/src/custody/package.ts#decodePackage',
    samplesOf('custody package'),
    decodePackage,
    encodePackage,
  ),
  decoderOf(
    'core/src/custody/release.ts#decodeReleaseRequest',
    samplesOf('release request'),
    decodeReleaseRequest,
    encodeReleaseRequest,
  ),
  decoderOf(
    'core/src/custody/release.ts#decodeOwnRequest',
    samplesOf('request for own records'),
    decodeOwnRequest,
    encodeOwnRequest,
  ),
  decoderOf('core/src/custody/release.ts#decodeRelease', samplesOf('release'), decodeRelease, encodeRelease),
  decoderOf(
    'core/src/custody/release.ts#decodeReleased',
    samplesOf('content of a release'),
    decodeReleased,
    encodeReleased,
  ),
  decoderOf(
    'core/src/custody/release.ts#decodeOwnRecords',
    samplesOf('own records'),
    decodeOwnRecords,
    encodeOwnRecords,
  ),
  textDecoderOf('core/src/genesis-json.ts#genesisFromJson', [genesis], (text) =>
    genesisFromJson(text, verifyEd25519),
  ),
  textDecoderOf('core/src/genesis-json.ts#cardFromJson', [card], (text) => cardFromJson(text, verifyEd25519)),
  decoderOf('core/src/utf8.ts#tryFromUtf8', [utf8('ä')], tryFromUtf8, utf8),
];

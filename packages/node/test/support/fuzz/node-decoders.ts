// The decoders of the daemon: what peers, its own disk and the operator's hands bring it.
import {
  ConsiliumError,
  concat,
  decode,
  fromHex,
  type Hex32,
  headerShape,
  secretKeyFromSeed,
  sha256,
  utf8,
} from '@consilium/core';
import { createKeyFile, formatKeyFile } from '@consilium/sealing';
import { accessListFromText, accessListToText } from '../../../src/api/access/access-list.ts';
import { NO_LINE, nextLine, parseLine, renderLine } from '../../../src/audit/admin-line.ts';
import { markFromBytes, markToBytes } from '../../../src/audit/chain-mark.ts';
import { parseSettings, resolveConfig } from '../../../src/config/load.ts';
import { renderConfig } from '../../../src/config/render.ts';
import { SETTING_NAMES, type SettingName } from '../../../src/config/settings.ts';
import { parseTcpAddress } from '../../../src/config/tcp-address.ts';
import { keyFileFromText } from '../../../src/keys/key-file.ts';
import {
  type CustodyMessage,
  decodeCustodyMessage,
  encodeCustodyMessage,
} from '../../../src/messages/custody.ts';
import { decodeSnapshotMessage, encodeSnapshotMessage } from '../../../src/messages/snapshot.ts';
import { decodeMessage, encodeMessage, type WireMessage } from '../../../src/messages/wire.ts';
import { encodeFrames, FrameReader } from '../../../src/net/frames.ts';
import { createFrameWatch } from '../../../src/net/muxer-guard.ts';
import { decodeLogEntry, encodeLogEntry } from '../../../src/replica/log-entry.ts';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest } from '../../../src/signer/protocol.ts';
import { decodeSlot, EMPTY_RECORD, encodeSlot } from '../../../src/signing/record.ts';
import { openRow, sealRow } from '../../../src/store/checksum.ts';
import { isDamagedLog, recordsOf } from '../../../src/store/log-file.ts';
import { tablesInUse } from '../../../src/store/manifest.ts';
import { unpackSnappy } from '../../../src/store/snappy.ts';
import { isWholeTable } from '../../../src/store/table-file.ts';
import { isWriteBatch } from '../../../src/store/write-batch.ts';
import { decodeManifest, decodeRows, encodeManifest } from '../../../src/sync/snapshot-format.ts';
import { decodeLocation, decodeTail, encodeLocation, encodeTail } from '../../../src/vault/location.ts';
import { decodeEntryHeader, encodeEntryHeader } from '../../../src/vault/segment-entry.ts';
import { decodeFileHeader, decodeFrame, encodeFileHeader, encodeFrame } from '../../../src/wal/frame.ts';
import { readLog } from '../../../src/wal/read.ts';
import { samplesOf } from './core-decoders.ts';
import type { Decoder } from './decoder.ts';
import { decoderOf, textDecoderOf } from './make.ts';

const ID: Hex32 = 'ba'.repeat(32);
const BYTES = Uint8Array.of(1, 2, 3);
const requestId = 7;

const header = decode(headerShape, samplesOf('header')[0] as Uint8Array, 65_536);
const tx = samplesOf('transaction')[0] as Uint8Array;

const WIRE: readonly WireMessage[] = [
  { type: 'status', base: 1, height: 9, lastBlockId: ID, round: 2, awake: true, timeMs: 1_700_000_000_000 },
  { type: 'value', value: { header, lastCertificate: null, evidence: [], txIds: [ID] } },
  { type: 'value-request', height: 9, blockId: ID },
  { type: 'transactions', txs: [tx, BYTES] },
  { type: 'bodies-request', height: 9, blockId: ID, txIds: [ID, ID] },
  { type: 'bodies', height: 9, blockId: ID, txs: [tx] },
  { type: 'blocks-request', requestId, fromHeight: 1, count: 64 },
  { type: 'blocks', requestId, blocks: [] },
  { type: 'sync-refusal', requestId, code: 'BLOCK_PRUNED', base: 12 },
];

const CUSTODY: readonly CustodyMessage[] = [
  { type: 'package', bytes: samplesOf('custody package')[0] as Uint8Array, wantReceipt: true },
  { type: 'package-request', requestId, batch: ID, epoch: 3 },
  { type: 'package-answer', requestId, bytes: null },
  { type: 'blobs-request', requestId, ids: [ID] },
  { type: 'blobs-answer', requestId, blobs: [BYTES, null] },
  { type: 'receipt', batch: ID, epoch: 3, root: ID, index: 1, signature: '5a'.repeat(64) },
  { type: 'release-request', requestId, bytes: BYTES },
  { type: 'refusal', requestId, code: 'CUSTODY_STALE' },
  { type: 'heights-answer', requestId, height: 14, steps: BYTES },
  { type: 'dealing-request', batch: ID, epoch: 3, from: 2 },
];

const OWNER = { genesis: ID, validator: ID };
const SLOT = encodeSlot({ sequence: 4, record: { ...EMPTY_RECORD, height: 7 } }, OWNER);

const WAL_HEADER = encodeFileHeader(sha256, ID, 7, new Uint8Array(16).fill(9));
const { seed: WAL_SEED } = decodeFileHeader(sha256, ID, WAL_HEADER) ?? { seed: new Uint8Array(32) };
const FRAME = encodeFrame(sha256, WAL_SEED, WAL_SEED, { kind: 'message', bytes: BYTES }, 0).frame;

const MANIFEST = { version: 1, header, parts: [{ depth: 0, rows: 3, bytes: 100, hash: ID }] };
/** A row of a chunk: table, lengths of key and value, key, value. */
const ROWS = Uint8Array.of(1, 0, 1, 0, 0, 0, 2, 7, 8, 9);

const SNAPSHOT: readonly Uint8Array[] = (
  [
    { type: 'steps-request', requestId, from: 1 },
    { type: 'steps', requestId, steps: BYTES },
    { type: 'headers-request', requestId, from: 1, count: 2 },
    { type: 'headers', requestId, headers: [header] },
    { type: 'window-request', requestId, from: 1, count: 2 },
    { type: 'chunk', requestId, bytes: BYTES },
    { type: 'refusal', requestId, code: 'SNAPSHOT_GONE' },
  ] as const
).map(encodeSnapshotMessage);

const ACT = { by: 'anna', role: 'operator', action: 'a.b', outcome: 'done', facts: { n: 1 } };
const ENTRY = {
  name: 'emr',
  role: 'reader',
  kind: 'token',
  sha256: ID,
  createdAt: 1,
  expiresAt: null,
} as const;
const KEY = formatKeyFile({
  ...createKeyFile('Nord', 'validator', secretKeyFromSeed(new Uint8Array(32).fill(1))),
  development: true,
});

const STORE_KEY = utf8('key');

/** As a stream brings them: in pieces of any length. */
function portions(bytes: Uint8Array): Uint8Array[] {
  const cuts = [0, 1, 3, 4, 5, Math.floor(bytes.length / 2), bytes.length].filter((at) => at <= bytes.length);
  return cuts.sort((a, b) => a - b).map((at, index, all) => bytes.subarray(at, all[index + 1] ?? at));
}

function readFrames(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const messages: Uint8Array[] = [];
  const reader = new FrameReader(65_536, (message) => messages.push(message));
  for (const part of portions(bytes)) {
    const fault = reader.push(part);
    if (fault !== undefined) throw new ConsiliumError(fault);
  }
  return messages;
}

function settingOf(name: SettingName, text: string): unknown {
  try {
    return parseSettings({ [name]: text });
  } catch (error) {
    if (error instanceof ConsiliumError) return undefined;
    throw error;
  }
}

export const NODE_DECODERS: readonly Decoder[] = [
  decoderOf(
    'node/src/signer/protocol.ts#decodeRequest',
    [
      encodeRequest({ type: 'hello', version: 1, genesis: ID, validator: ID }),
      encodeRequest({ type: 'sign', id: 1, kind: 'prevote', height: 7, round: 0, payload: BYTES }),
      encodeRequest({ type: 'ping' }),
    ],
    decodeRequest,
    encodeRequest,
  ),
  decoderOf(
    'node/src/signer/protocol.ts#decodeAnswer',
    [
      encodeAnswer({ type: 'signed', id: 1, signature: '5a'.repeat(64) }),
      encodeAnswer({ type: 'farewell', code: 'STALE' }),
    ],
    decodeAnswer,
    encodeAnswer,
  ),
  decoderOf('node/src/messages/wire.ts#decodeMessage', WIRE.map(encodeMessage), decodeMessage, encodeMessage),
  decoderOf(
    'node/src/messages/custody.ts#decodeCustodyMessage',
    CUSTODY.map(encodeCustodyMessage),
    decodeCustodyMessage,
    encodeCustodyMessage,
  ),
  decoderOf(
    'node/src/messages/snapshot.ts#decodeSnapshotMessage',
    SNAPSHOT,
    decodeSnapshotMessage,
    encodeSnapshotMessage,
  ),
  decoderOf('node/src/net/frames.ts#FrameReader', [encodeFrames([BYTES, new Uint8Array(300)])], readFrames),
  decoderOf('node/src/net/muxer-guard.ts#createFrameWatch', [new Uint8Array(24)], (bytes) => {
    const watch = createFrameWatch(0);
    for (const part of portions(bytes)) watch(part, 0);
    return [];
  }),
  decoderOf(
    'node/src/replica/log-entry.ts#decodeLogEntry',
    [
      encodeLogEntry({ type: 'begin', signing: true }),
      encodeLogEntry({ type: 'timeout', kind: 'prevote', round: 3 }),
      encodeLogEntry({ type: 'value', value: { header, lastCertificate: null, evidence: [], txIds: [ID] } }),
    ],
    decodeLogEntry,
    encodeLogEntry,
  ),
  decoderOf('node/src/signing/record.ts#decodeSlot', [SLOT], (bytes) => decodeSlot(bytes, OWNER)),
  decoderOf('node/src/wal/frame.ts#decodeFileHeader', [WAL_HEADER], (bytes) =>
    decodeFileHeader(sha256, ID, bytes),
  ),
  decoderOf('node/src/wal/frame.ts#decodeFrame', [FRAME], (bytes) =>
    decodeFrame(sha256, WAL_SEED, WAL_SEED, bytes, 0),
  ),
  decoderOf('node/src/wal/read.ts#readLog', [concat(WAL_HEADER, FRAME)], (bytes) =>
    readLog(sha256, ID, bytes),
  ),
  decoderOf(
    'node/src/sync/snapshot-format.ts#decodeManifest',
    [encodeManifest(MANIFEST)],
    decodeManifest,
    encodeManifest,
  ),
  decoderOf('node/src/sync/snapshot-format.ts#decodeRows', [ROWS], (bytes) => decodeRows(bytes, 0)),
  decoderOf('node/src/store/checksum.ts#openRow', [sealRow(STORE_KEY, BYTES)], (bytes) =>
    openRow(STORE_KEY, bytes),
  ),
  decoderOf('node/src/store/snappy.ts#unpackSnappy', [Uint8Array.of(3, 8, 1, 2, 3)], (bytes) =>
    unpackSnappy(bytes, 65_536),
  ),
  decoderOf('node/src/store/manifest.ts#tablesInUse', [], tablesInUse),
  decoderOf('node/src/store/table-file.ts#isWholeTable', [], isWholeTable),
  decoderOf('node/src/store/log-file.ts#isDamagedLog', [], isDamagedLog),
  decoderOf('node/src/store/log-file.ts#recordsOf', [], recordsOf),
  decoderOf('node/src/store/write-batch.ts#isWriteBatch', [], isWriteBatch),
  decoderOf(
    'node/src/vault/location.ts#decodeLocation',
    [
      encodeLocation({ type: 'segment', segment: 1, offset: 9, length: 7 }),
      encodeLocation({ type: 'file', length: 7 }),
    ],
    decodeLocation,
    encodeLocation,
  ),
  decoderOf(
    'node/src/vault/location.ts#decodeTail',
    [encodeTail({ segment: 1, offset: 2 }, { blobs: 3, bytes: 4 })],
    decodeTail,
    ({ tail, stats }) => encodeTail(tail, stats),
  ),
  decoderOf(
    'node/src/vault/segment-entry.ts#decodeEntryHeader',
    [encodeEntryHeader(fromHex(ID), 9)],
    decodeEntryHeader,
  ),
  textDecoderOf(
    'node/src/audit/admin-line.ts#parseLine',
    [renderLine(nextLine(NO_LINE, ACT, 5)).trimEnd()],
    parseLine,
    (line) => renderLine(line).trimEnd(),
  ),
  decoderOf(
    'node/src/audit/chain-mark.ts#markFromBytes',
    [markToBytes({ first: 1, seq: 9, hash: ID })],
    markFromBytes,
    markToBytes,
  ),
  textDecoderOf(
    'node/src/api/access/access-list.ts#accessListFromText',
    [accessListToText([ENTRY])],
    (text) => accessListFromText(text, 'file'),
  ),
  textDecoderOf('node/src/keys/key-file.ts#keyFileFromText', [KEY], (text) =>
    keyFileFromText(text, 'validator', 'file'),
  ),
  textDecoderOf(
    'node/src/config/load.ts#resolveConfig',
    [renderConfig({ name: 'Nord', 'api.port': 1 })],
    (toml) => resolveConfig({ file: { name: 'config.toml', toml } }),
  ),
  textDecoderOf(
    'node/src/config/load.ts#parseSettings',
    ['4200', '/ip4/10.0.0.1/tcp/1', 'a=1.2.3.4:5'],
    (text) => SETTING_NAMES.map((name) => settingOf(name, text)),
  ),
  textDecoderOf(
    'node/src/config/tcp-address.ts#parseTcpAddress',
    ['10.1.2.3:4100', '/dns4/a.example/tcp/1'],
    parseTcpAddress,
  ),
];

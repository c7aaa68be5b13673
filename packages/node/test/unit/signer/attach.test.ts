import { chmod, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { hashHex, secretKeyFromSeed, utf8, verifyEd25519 } from '@consilium/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createSodiumSigner } from '../../../src/crypto/ed25519-sodium.ts';
import { type AttachedSigner, attachSigner } from '../../../src/signer/attach.ts';
import { type SignerServer, startSignerServer } from '../../../src/signer/server.ts';
import { bytesToSign } from '../../../src/signing/record.ts';
import { initialiseRecordFile } from '../../../src/signing/record-file.ts';
import { createRememberingSigner } from '../../../src/signing/remembering-signer.ts';
import type { SignRequest, SignResult } from '../../../src/signing/signer.ts';
import { createSystemClock } from '../../../src/system-clock.ts';
import { createEventLog, type EventLog } from '../../support/fakes.ts';
import { createMemoryDisk, type MemoryDisk } from '../../support/memory-disk.ts';
import { refusalOf } from '../support/refusals.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const genesis = hashHex(utf8('a network'));
const validator = hashHex(utf8('a hospital'));
const secret = secretKeyFromSeed(new Uint8Array(32).fill(7));
const RECORD = { name: 'record', historyName: 'history', genesis, validator };

interface Desk {
  readonly socket: string;
  readonly disk: MemoryDisk;
  start(): Promise<SignerServer>;
  attach(attachMs?: number): Promise<AttachedSigner & { readonly events: EventLog }>;
}

async function createDesk(): Promise<Desk> {
  const socket = join(await temporaryFolder(), 'signer.sock');
  const disk = createMemoryDisk();
  initialiseRecordFile(disk, RECORD, () => {});
  const signBytes = createSodiumSigner(secret);
  const report = (): void => undefined;
  return {
    socket,
    disk,
    start: async () => {
      const server = await startSignerServer(
        {
          ...{ genesis, validator, publicKey: secret.publicKey, signBytes, report },
          openSigner: () => createRememberingSigner({ disk, report, signBytes }, RECORD),
          fail: () => undefined,
        },
        socket,
      );
      onTestFinished(() => server.stop());
      return server;
    },
    attach: async (attachMs = 5_000) => {
      const events = createEventLog();
      const deps = { clock: createSystemClock(), report: events.report };
      const attached = await attachSigner(deps, { socket, genesis, validator, attachMs });
      onTestFinished(() => attached.stop());
      return { ...attached, events };
    },
  };
}

function prevote(height: number, round = 0, text = 'a block'): SignRequest {
  return { height, round, kind: 'prevote', payload: utf8(text) };
}

function answerOf({ remote }: AttachedSigner, request: SignRequest): Promise<SignResult> {
  return new Promise((resolve) => remote.signer.sign(request, true, resolve));
}

async function returned({ remote }: AttachedSigner, act: () => Promise<unknown>): Promise<void> {
  const back = new Promise<void>((resolve) => remote.onReturn(resolve));
  await act();
  await back;
}

const refused = (refused: string) => expect.objectContaining({ refused });

describe('a remote signer over a Unix socket', () => {
  test('signs for its node by the rules of the record, and its socket is for its user only', async () => {
    const desk = await createDesk();
    await desk.start();
    expect((await stat(desk.socket)).mode & 0o777).toBe(0o600);
    const node = await desk.attach();
    expect([node.publicKey, node.remote.signer.status]).toEqual([secret.publicKey, 'whole']);
    const request = prevote(3);
    const answer = await answerOf(node, request);
    const signature = 'signature' in answer ? answer.signature : '';
    expect(verifyEd25519(secret.publicKey, signature, bytesToSign('prevote', genesis, request.payload))).toBe(
      true,
    );
    expect(node.remote.signer.record()).toMatchObject({ height: 3, kind: 'prevote' });
    expect(await answerOf(node, request)).toEqual(answer);
    expect(await answerOf(node, prevote(3, 0, 'another'))).toEqual(refused('SIGNING_REFUSED'));
    expect(await answerOf(node, prevote(2))).toEqual(refused('SIGNING_REFUSED'));
    const receipt = await new Promise((done) =>
      node.remote.statement('custodyReceipt', utf8('a receipt'), done),
    );
    expect(receipt).toMatch(/^[0-9a-f]{128}$/);
  });

  test('a second node is sent away while the first is attached, and let in when it has gone', async () => {
    const desk = await createDesk();
    await desk.start();
    const first = await desk.attach();
    expect((await refusalOf(() => desk.attach(1))).code).toBe('SIGNER_BUSY');
    first.stop();
    expect((await desk.attach()).remote.standing).toBe('attached');
  });

  test('while it is away nothing is signed, and afterwards it goes on where it was', async () => {
    const desk = await createDesk();
    const server = await desk.start();
    const node = await desk.attach();
    await answerOf(node, prevote(1));
    await server.stop();
    expect(await answerOf(node, prevote(2))).toEqual(refused('SIGNER_AWAY'));
    expect(node.remote.standing).toBe('away');
    await returned(node, () => desk.start());
    expect(await answerOf(node, prevote(2))).toHaveProperty('signature');
    expect(node.events.codes()).toEqual(['signer.attached', 'signer.away', 'signer.attached']);
  });

  test('a request that went unanswered may have been signed: the signer is gone on with, and signs it again', async () => {
    const desk = await createDesk();
    const server = await desk.start();
    const node = await desk.attach();
    desk.disk.holdSyncs = true;
    const asked = answerOf(node, prevote(1));
    await expect.poll(() => desk.disk.unsynced('record')).toBeGreaterThan(0);
    const stopped = server.stop();
    expect(await asked).toEqual(refused('SIGNER_AWAY'));
    desk.disk.holdSyncs = false;
    desk.disk.completeSyncs();
    await stopped;
    await returned(node, () => desk.start());
    expect(node.remote.signer.record().height).toBe(1);
    expect(await answerOf(node, prevote(1))).toHaveProperty('signature');
  });

  test.each([
    ['another node signed with it meanwhile', (disk: MemoryDisk) => signElsewhere(disk, 2)],
    ['its record was brought back from an old copy', (disk: MemoryDisk) => disk.put('record', OLD.bytes)],
    ['it is in doubt now', (disk: MemoryDisk) => markElsewhere(disk)],
  ])('it is not gone on with when %s', async (_case, change) => {
    const desk = await createDesk();
    OLD.bytes = desk.disk.read('record') ?? new Uint8Array(0);
    const server = await desk.start();
    const node = await desk.attach();
    await answerOf(node, prevote(1));
    await server.stop();
    change(desk.disk);
    await desk.start();
    await expect.poll(() => node.remote.standing).toBe('changed');
    expect(await answerOf(node, prevote(9))).toEqual(refused('SIGNING_REFUSED'));
    expect(node.events.codes()).toContain('signer.changed');
  });

  test('what a node heard of a second one is marked in the record, even when the signer was away then', async () => {
    const desk = await createDesk();
    const server = await desk.start();
    const node = await desk.attach();
    await answerOf(node, prevote(1));
    await server.stop();
    await expect.poll(() => node.remote.standing).toBe('away');
    node.remote.signer.distrust(() => {});
    await desk.start();
    await expect.poll(() => node.remote.isWanted).toBe(false);
    node.stop();
    expect((await desk.attach()).remote.signer.status).toBe('imported');
  });

  test('a socket that others can reach, or that is none, is not trusted', async () => {
    const desk = await createDesk();
    await desk.start();
    await chmod(desk.socket, 0o660);
    expect((await refusalOf(() => desk.attach())).code).toBe('SIGNER_SOCKET_MODE');
  });

  test('what a signer that was killed left behind is replaced; a served socket and any other file are not', async () => {
    const desk = await createDesk();
    await desk.start();
    expect((await refusalOf(() => desk.start())).code).toBe('LISTEN_FAILED');
    const other = await createDesk();
    await writeFile(other.socket, 'a file');
    expect((await refusalOf(() => other.start())).code).toBe('LISTEN_FAILED');
  });

  test('whoever sends garbage, or more than a frame may hold, is cut off, and the next node is served', async () => {
    const desk = await createDesk();
    await desk.start();
    for (const bytes of [
      utf8('GET / HTTP/1.1\r\n\r\n'),
      new Uint8Array(100_000).fill(0xff),
      Uint8Array.of(0, 0, 0, 1, 7),
    ])
      await cutOff(desk.socket, bytes);
    expect((await desk.attach()).remote.standing).toBe('attached');
  });
});

const OLD: { bytes: Uint8Array } = { bytes: new Uint8Array(0) };

function signElsewhere(disk: MemoryDisk, height: number): void {
  const deps = { disk, report: () => undefined, signBytes: createSodiumSigner(secret) };
  createRememberingSigner(deps, RECORD).sign(prevote(height), () => {});
}

function markElsewhere(disk: MemoryDisk): void {
  const deps = { disk, report: () => undefined, signBytes: createSodiumSigner(secret) };
  createRememberingSigner(deps, RECORD).distrust(() => {});
}

function cutOff(path: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write(bytes));
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    socket.once('close', () => resolve());
  });
}

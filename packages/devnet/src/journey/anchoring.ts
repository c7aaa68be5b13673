// Owns: steps 2 and 7: every resource of the input under one root on the ledger, and the proof of one of them, offline.
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ConsiliumError,
  commitAnchor,
  createAnchor,
  formatDocumentProof,
  isConsiliumError,
  verifyDocumentProof,
} from '@consilium/sdk';
import { documentsAt } from '@consilium/sdk/node';
import { commit } from './acting.ts';
import type { Anchored, Story } from './types.ts';

const SAMPLE = fileURLToPath(new URL('../../../../devnet/sample/bundle.json', import.meta.url));

export async function anchorInput(story: Story, hospital: string): Promise<Anchored> {
  const { devnet, client, options } = story;
  const input = options.input ?? SAMPLE;
  const started = await stat(input).catch(() => undefined);
  options.onProgress(`reading ${input}${started?.isFile() === true ? ` (${kilobytes(started.size)})` : ''}`);
  const documents = await documentsAt(input);
  const bytes = documents.reduce((sum, document) => sum + document.bytes.length, 0);
  options.onProgress(`salting and hashing ${documents.length} resources (${kilobytes(bytes)})`);
  const signer = await devnet.signer(hospital);
  const secrets = createAnchor(documents, { genesis: client.genesisHash, institution: signer.account });
  options.onProgress('committing one root');
  const tx = await commit(story, [commitAnchor(secrets, 'fhir-r4')], signer);
  const { title } = devnet.node(hospital);
  story.tell(
    2,
    `${title} anchors ${documents.length} resources under ${secrets.root.slice(0, 8)}…, showing none`,
    tx,
  );
  return { secrets, documents };
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024).toLocaleString('en')} KB`;
}

export interface WrittenProof {
  readonly document: string;
  readonly proof: string;
}

/** The proof of one resource verifies with nothing but genesis, and fails with one byte of either changed. */
export async function proveOne(story: Story, { secrets, documents }: Anchored): Promise<WrittenProof> {
  const { devnet, client } = story;
  const index = Math.floor(documents.length / 2);
  const document = documents[index]?.bytes ?? new Uint8Array(0);
  const proof = formatDocumentProof(await client.proveDocument(secrets, index));
  const proven = verifyDocumentProof(document, proof, devnet.genesis);
  const size = kilobytes(proof.length);
  story.tell(7, `resource ${index} of ${documents.length} verifies offline from a proof of ${size}`, proven);
  mustFail('document', () => verifyDocumentProof(changedByte(document), proof, devnet.genesis));
  story.tell(7, 'with one byte of the resource changed it does not', proven);
  mustFail('proof', () => verifyDocumentProof(document, changedText(proof), devnet.genesis));
  story.tell(7, 'with one byte of the proof changed it does not', proven);
  return writeProof(story, document, proof);
}

async function writeProof({ devnet }: Story, document: Uint8Array, proof: string): Promise<WrittenProof> {
  const folder = join(devnet.file.dir, 'story');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const written = { document: join(folder, 'resource.json'), proof: join(folder, 'resource.proof.json') };
  await writeFile(written.document, document, { mode: 0o600 });
  await writeFile(written.proof, proof, { mode: 0o600 });
  return written;
}

function mustFail(what: string, verify: () => unknown): void {
  try {
    verify();
  } catch (error) {
    if (isConsiliumError(error)) return;
    throw error;
  }
  throw new ConsiliumError('PROOF_INVALID', { what }, `a changed ${what} was taken for the true one`);
}

function changedByte(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  const middle = Math.floor(changed.length / 2);
  changed[middle] = (changed[middle] ?? 0) ^ 1;
  return changed;
}

/** One hex digit of the text becomes another. */
function changedText(text: string): string {
  const middle = text.search(/[0-9a-f]{64}/) + 7;
  const digit = text[middle] === '0' ? '1' : '0';
  return `${text.slice(0, middle)}${digit}${text.slice(middle + 1)}`;
}

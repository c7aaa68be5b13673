// Owns: `anchor proof`: the small file that proves one document offline, and the document's exact bytes beside it.
import {
  type AnchorSecrets,
  type DocumentProof,
  findDocument,
  formatDocumentProof,
  parseAnchorSecrets,
} from '@consilium/sdk';
import { documentsAt } from '@consilium/sdk/node';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { fields, time } from '../print/text.ts';
import { PUBLIC_MODE, pathOf, readBytes, readText, SECRET_MODE, writeNew } from '../setup/files.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { integerOf, usage } from '../usage.ts';

interface Options extends NetworkOptions {
  readonly document?: string;
  readonly number?: string;
  readonly from?: string;
  readonly documentOut?: string;
  readonly out: string;
}

export const registerAnchorProof: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'proof <secrets>',
      summary: 'write the proof of one anchored document, to be checked offline with the genesis alone',
      examples: [
        'npx consilium anchor proof bundle.anchor.json --number 17 --out proof.json',
        'npx consilium anchor proof bundle.anchor.json --document resource.json --out proof.json',
        'npx consilium anchor proof bundle.anchor.json --number 17 --from bundle.json --document-out resource.json --out proof.json',
      ],
    },
    (command) =>
      addNetworkOptions(
        command
          .option('--number <n>', 'position of the document under the root, from 0')
          .option('--document <file>', 'or the document itself, to the byte')
          .option('--from <file|folder>', 'what was anchored, to cut the document out of')
          .option('--document-out <file>', 'where the document that was cut out is written')
          .requiredOption('--out <file>', 'where the proof is written'),
      ),
    ([given = ''], options) =>
      withNetwork(place.io, options, async ({ client, read }) => {
        const secrets = parseAnchorSecrets(await readText(pathOf(place.io, given)));
        const index = await indexOf(place.io, secrets, options);
        const written = await cutOut(place.io, secrets, index, options);
        const proof = await client.proveDocument(secrets, index, read);
        const out = pathOf(place.io, options.out);
        await writeNew(out, formatDocumentProof(proof), PUBLIC_MODE);
        return shown(proof, index, out, written);
      }),
  );

async function indexOf(io: Io, secrets: AnchorSecrets, { number, document }: Options): Promise<number> {
  const count = secrets.documents.length;
  if (number !== undefined) {
    const index = integerOf(number, '--number');
    if (index >= count) throw usage(`--number is 0 to ${count - 1}`);
    return index;
  }
  if (document === undefined) throw usage('say which document: --number N or --document FILE');
  const [index] = findDocument(secrets, await readBytes(pathOf(io, document)));
  if (index === undefined) throw usage('these bytes are none of the anchored documents');
  return index;
}

/** Path of the document's exact bytes, cut out of what was anchored; undefined when not asked for. */
async function cutOut(
  io: Io,
  secrets: AnchorSecrets,
  index: number,
  { from, documentOut }: Options,
): Promise<string | undefined> {
  if (from === undefined && documentOut === undefined) return undefined;
  if (from === undefined || documentOut === undefined) throw usage('--from and --document-out go together');
  const document = (await documentsAt(pathOf(io, from)))[index];
  if (document === undefined || !findDocument(secrets, document.bytes).includes(index))
    throw usage(`--from is not what was anchored: document ${index} differs`);
  const path = pathOf(io, documentOut);
  await writeNew(path, document.bytes, SECRET_MODE);
  return path;
}

function shown(proof: DocumentProof, index: number, out: string, document: string | undefined): Result {
  const header = proof.steps.at(-1)?.header;
  const { root, height } = proof.anchor;
  return {
    data: { proof: out, document: document ?? null, number: index, root, anchoredAt: height },
    lines: [
      ...fields([
        ['proof', out],
        ...(document === undefined ? [] : [['document', document] as const]),
        ['root', root],
        ['anchored', `height ${height}, ${time(proof.anchor.time)}`],
        ['proven as of', `height ${header?.height ?? 0}`],
      ]),
    ],
  };
}

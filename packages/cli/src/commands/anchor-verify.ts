// Owns: `anchor verify`: checks one document and its proof offline, with nothing but the genesis.
import { accountIdOf } from '@consilium/core';
import { genesisHash, type ProvenDocument, verifyDocumentProof } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { fields, time } from '../print/text.ts';
import { findDevnet } from '../setup/devnet-file.ts';
import { pathOf, readBytes, readText } from '../setup/files.ts';
import { genesisPathOf, readGenesis } from '../setup/network.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly genesis?: string;
  readonly dir?: string;
}

export const registerAnchorVerify: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'verify <document> <proof>',
      summary: 'check offline that a document was anchored, to the byte; says what fails',
      examples: ['npx consilium anchor verify resource.json proof.json --genesis genesis.json'],
    },
    (command) =>
      command
        .option('--genesis <file>', "genesis of the network (else CONSILIUM_GENESIS, else the devnet's)")
        .option('--dir <folder>', 'folder of the devnet whose genesis is meant'),
    async ([document = '', proof = ''], options) => {
      const { io } = place;
      const path = genesisPathOf(io, options, await findDevnet(io, options.dir));
      if (path === undefined)
        throw usage('no genesis to check from: give --genesis FILE or set CONSILIUM_GENESIS');
      const genesis = await readGenesis(path);
      const bytes = await readBytes(pathOf(io, document));
      const text = await readText(pathOf(io, proof));
      const founder = (id: string): string =>
        genesis.validators.find((card) => accountIdOf(card.accountKey) === id)?.name ?? id;
      return shown(verifyDocumentProof(bytes, text, genesis), genesisHash(genesis), founder);
    },
  );

function shown(proven: ProvenDocument, genesis: string, nameOf: (id: string) => string): Result {
  const { institution, anchor, document, height } = proven;
  return {
    data: { valid: true, genesis, institution, ...anchor, document, provenHeight: height },
    lines: [
      'valid: these bytes were anchored',
      ...fields([
        ['by', nameOf(institution)],
        ['at', `height ${anchor.height}, ${time(anchor.time)}`],
        ['document', `${document} of ${anchor.count}`],
        ['root', anchor.root],
        ['genesis', genesis],
      ]),
    ],
  };
}

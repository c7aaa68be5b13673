// Owns: `validator request`: the card to hand out, with its fingerprint in words. Does not own: making it (`node init`).
import { cardFromJson, verifyEd25519 } from '@consilium/core';
import { cardWords } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { wordBlock } from '../print/governance.ts';
import { fields } from '../print/text.ts';
import { pathOf, readText } from '../setup/files.ts';
import { addHomeOption, homeOf } from '../setup/own-node.ts';

interface Options {
  readonly home?: string;
}

export const registerValidatorRequest: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'request',
      summary: 'show the card with which your hospital asks to be let in, and its words for the telephone',
      examples: ['npx consilium validator request --home /var/lib/consilium'],
    },
    addHomeOption,
    async (_args, options) => {
      const { homePaths } = await import('@consilium/node/own-home');
      const { validatorCard } = homePaths(pathOf(place.io, homeOf(options)));
      const card = cardFromJson(await readText(validatorCard), verifyEd25519);
      return {
        data: { card: validatorCard, name: card.name, words: cardWords(card).join(' ') },
        lines: [
          ...fields([
            ['hospital', card.name],
            ['hand out', validatorCard],
          ]),
          'its words, to read out to each hospital that votes; each sees them before it signs:',
          ...wordBlock(card),
        ],
      };
    },
  );

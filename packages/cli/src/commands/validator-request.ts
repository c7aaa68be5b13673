// Owns: `validator request`: the card to hand out, with its fingerprint in words; for a rotation new keys beside the old ones
// and their card. Does not own: making a home (`node init`), making keys (node).
import { cardFromJson, verifyEd25519 } from '@consilium/core';
import { cardWords, isConsiliumError, type ValidatorCard } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import type { Io } from '../io.ts';
import { wordBlock } from '../print/governance.ts';
import { fields } from '../print/text.ts';
import { pathOf, readText } from '../setup/files.ts';
import { addHomeOption, homeOf } from '../setup/own-node.ts';
import { addPassphraseOption, type PassphraseOption, passphraseOf } from '../setup/passphrase.ts';
import { usage } from '../usage.ts';

interface Options extends PassphraseOption {
  readonly home?: string;
  readonly rotate?: string;
}

interface Requested {
  readonly card: ValidatorCard;
  readonly file: string;
}

export const registerValidatorRequest: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'request',
      summary: 'show the card with which your hospital asks to be let in, and its words for the telephone',
      examples: [
        'npx consilium validator request --home /var/lib/consilium',
        'npx consilium validator request --home /var/lib/consilium --rotate validator,network',
      ],
    },
    (command) =>
      addPassphraseOption(addHomeOption(command), 'the key files').option(
        '--rotate <keys>',
        'make new keys beside the old ones, and their card: validator, network, custody',
      ),
    async (_args, options) => {
      const home = pathOf(place.io, homeOf(options));
      const { card, file } =
        options.rotate === undefined ? await ownCard(home) : await rotated(place.io, home, options);
      return {
        data: { card: file, name: card.name, words: cardWords(card).join(' ') },
        lines: [
          ...fields([
            ['hospital', card.name],
            ['hand out', file],
          ]),
          ...(options.rotate === undefined
            ? []
            : ['restart the node before the others approve: it then holds both keys']),
          'its words, to read out to each hospital that votes; each sees them before it signs:',
          ...wordBlock(card),
        ],
      };
    },
  );

async function ownCard(home: string): Promise<Requested> {
  const { homePaths } = await import('@consilium/node/own-home');
  const { validatorCard } = homePaths(home);
  return { card: cardFromJson(await readText(validatorCard), verifyEd25519), file: validatorCard };
}

async function rotated(io: Io, home: string, options: Options): Promise<Requested> {
  const { keySealOf, prepareRotation, ROTATING } = await import('@consilium/node/setup');
  const { systemRandom } = await import('@consilium/node/own-home');
  const named = (options.rotate ?? '').split(',').map((role) => role.trim());
  const roles = ROTATING.filter((role) => named.includes(role));
  if (roles.length === 0 || roles.length !== new Set(named).size)
    throw usage(`--rotate names keys, with commas between: ${ROTATING.join(', ')}`);
  const withSeal = async (): Promise<Requested> =>
    prepareRotation(home, roles, systemRandom, keySealOf(await passphraseOf(io, options)));
  if (options.passphraseFile !== undefined) return withSeal();
  try {
    return await prepareRotation(home, roles, systemRandom);
  } catch (error) {
    if (isConsiliumError(error, 'KEY_FILE_ENCRYPTED')) return withSeal();
    throw error;
  }
}

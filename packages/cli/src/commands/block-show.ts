// Owns: `block show`: one block, proven by its certificate, with the ids of what it holds.
import type { CertifiedBlock } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { fields, time } from '../print/text.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { integerOf, spokenBlock } from '../usage.ts';

export const registerBlockShow: Register = (place) =>
  addCommand<NetworkOptions>(
    place,
    {
      usage: 'show <height>',
      summary: 'show a block, checked against the certificate of its height',
      examples: ['npx consilium block show 1'],
    },
    addNetworkOptions,
    ([height = ''], options) =>
      withNetwork(place.io, options, async ({ client, read }) =>
        shown(await client.block(integerOf(height, 'HEIGHT', 1), read)),
      ),
  );

function shown({ id, block, certificate, txIds }: CertifiedBlock): Result {
  const { header, evidence } = block;
  return {
    data: { id, trust: `${header.height}:${id}`, header, certificate, txs: txIds, evidence },
    lines: [
      ...fields([
        ['block', id],
        ['height', header.height],
        ['trust', spokenBlock(header.height, id)],
        ['time', time(header.time)],
        ['author', header.author],
        ['parent', header.parent],
        ['state root', header.stateRoot],
        ['certificate', `round ${certificate.round}, ${certificate.signatures.length} signatures`],
        ['evidence', evidence.map(({ type }) => type).join(', ') || 'none'],
        ['transactions', txIds.length],
      ]),
      ...txIds.map((txId) => `  ${txId}`),
    ],
  };
}

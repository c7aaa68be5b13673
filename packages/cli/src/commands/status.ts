// Owns: `status`: what is certified at the tip, and what each asked node says of itself.
import {
  type CertifiedTip,
  type Client,
  type ErrorCode,
  isConsiliumError,
  type NodeStatus,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { fields, plural, table, time } from '../print/text.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';

export const registerStatus: Register = (place) =>
  addCommand<NetworkOptions>(
    place,
    {
      usage: 'status',
      summary: 'show what is certified at the tip, and how each asked node says it does',
      examples: ['npx consilium status', 'npx consilium status --node http://127.0.0.1:7080 --json'],
    },
    addNetworkOptions,
    (_args, options) =>
      withNetwork(place.io, options, async ({ client, genesis, read }) => {
        const tip = await client.tip(read);
        const nodes = await Promise.all(client.nodes.map((node) => statusOf(client, node)));
        return shown(genesis.chainId, client.genesisHash, tip, nodes);
      }),
  );

type Asked = { readonly node: string; readonly status?: NodeStatus; readonly code?: ErrorCode };

async function statusOf(client: Client, node: string): Promise<Asked> {
  try {
    return { node, status: await client.status(node) };
  } catch (error) {
    if (isConsiliumError(error)) return { node, code: error.code };
    throw error;
  }
}

function shown(chainId: string, genesis: string, tip: CertifiedTip, nodes: readonly Asked[]): Result {
  const { height, blockId, stateRoot } = tip;
  const reached = nodes.filter(({ status }) => status !== undefined).length;
  return {
    data: {
      chainId,
      genesis,
      certified: { height, blockId, stateRoot, time: tip.time, validators: tip.nextValidators.length },
      nodes: nodes.map(({ node, status, code }) => status ?? { node, code }),
    },
    lines: [
      ...fields([
        ['network', `${chainId}, genesis ${genesis}`],
        ['certified height', height],
        ['block', blockId],
        ['state root', stateRoot],
        ['time', height === 0 ? 'no block yet' : time(tip.time)],
        ['validators', tip.nextValidators.length],
      ]),
      '',
      ...table([['NODE', 'SAYS', 'HEIGHT', 'PEERS', 'WAITING', 'ADDRESS'], ...nodes.map(row)]),
    ],
    exitCode: reached === nodes.length ? EXIT.ok : EXIT.unknown,
  };
}

function row({ node, status, code }: Asked): string[] {
  if (status === undefined) return ['?', code ?? '', '', '', '', node];
  const { name, signing, synced, height, peers, mempool } = status;
  const connected = peers.filter((peer) => peer.connected).length;
  return [
    name,
    synced ? signing : `${signing}, catching up`,
    String(height),
    `${connected} of ${peers.length}`,
    plural(mempool.txs, 'transaction'),
    node,
  ];
}

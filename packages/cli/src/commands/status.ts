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
import type { Io } from '../io.ts';
import { ownStatusLines } from '../print/own-status.ts';
import { clipped, fields, table, time } from '../print/text.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addHomeOption, openOwnNode } from '../setup/own-node.ts';
import { whyReportOf } from './why.ts';

/** So that a line fits a screen of 80 columns. */
const NAME_COLUMNS = 20;

type StatusOptions = NetworkOptions & { readonly home?: string };

export const registerStatus: Register = (place) =>
  addCommand<StatusOptions>(
    place,
    {
      usage: 'status',
      summary: 'show what is certified at the tip, and how each asked node says it does',
      examples: [
        'npx consilium status',
        'npx consilium status --node http://127.0.0.1:7080 --json',
        'npx consilium status --home /var/lib/consilium',
      ],
    },
    (command) => addHomeOption(addNetworkOptions(command)),
    (_args, options) =>
      options.home !== undefined
        ? ownStatus(place.io, options.home, options.node)
        : withNetwork(place.io, options, async ({ client, genesis, read }) => {
            const tip = await client.tip(read);
            const nodes = await Promise.all(client.nodes.map((node) => statusOf(client, node)));
            return shown(genesis.chainId, client.genesisHash, tip, nodes);
          }),
  );

/** One's own node, by its operator's token. */
async function ownStatus(io: Io, home: string, [url]: readonly string[] = []): Promise<Result> {
  const node = await openOwnNode(io, { home, ...(url === undefined ? {} : { node: url }) });
  const report = whyReportOf(await node.get('/v1/admin/why'), node.url);
  const status = (await node.get('/v1/status')) as NodeStatus;
  return {
    data: { ...status, code: report.code, answer: report.answer, readiness: report.readiness },
    lines: ownStatusLines(status, report),
    exitCode: report.readiness.ready ? EXIT.ok : EXIT.unknown,
  };
}

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
      ...(height === 0 ? {} : { trust: `${height}:${blockId}` }),
      certified: { height, blockId, stateRoot, time: tip.time, validators: tip.nextValidators.length },
      nodes: nodes.map(({ node, status, code }) => status ?? { node, code }),
    },
    lines: [
      ...fields([
        ['network', chainId],
        ['genesis', genesis],
        ['certified', `height ${height}`],
        ['block', blockId],
        ['state root', stateRoot],
        ['time', height === 0 ? 'no block yet' : time(tip.time)],
        ['validators', tip.nextValidators.length],
        ...upgradeLines(nodes),
      ]),
      '',
      ...table([['NODE', 'SAYS', 'HEIGHT', 'PEERS', 'TXS', 'ADDRESS'], ...nodes.map(row)]),
    ],
    exitCode: reached === nodes.length ? EXIT.ok : EXIT.unknown,
  };
}

/** Each upgrade that a node tells of, and which of them will stop before it. */
function upgradeLines(nodes: readonly Asked[]): [string, string][] {
  return nodes.flatMap(({ status }): [string, string][] => {
    const { upgrade, supported } = status?.protocol ?? { upgrade: null, supported: 0 };
    if (status === undefined || upgrade === null) return [];
    const { height, version } = upgrade;
    const fate =
      version <= supported
        ? 'its software knows it'
        : `its software knows ${supported} only and STOPS before it: install a newer one`;
    return [[`upgrade (${status.name})`, `version ${version} from height ${height}; ${fate}`]];
  });
}

function row({ node, status, code }: Asked): string[] {
  if (status === undefined) return ['?', code ?? '', '', '', '', node];
  const { name, synced, height, peers, mempool } = status;
  const signing = status.role === 'learner' ? 'learner' : status.signing;
  const connected = peers.filter((peer) => peer.connected).length;
  return [
    clipped(name, NAME_COLUMNS),
    synced ? signing : `${signing}, catching up`,
    String(height),
    `${connected} of ${peers.length}`,
    String(mempool.txs),
    node,
  ];
}

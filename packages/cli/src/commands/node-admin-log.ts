// Owns: `node admin-log`: what was done to a node with its tokens, shown, and held against what the node knows of it.
import { ConsiliumError, isConsiliumError } from '@consilium/core';
import type { AdminFiles, AdminLine, ChainMark } from '@consilium/node/own-home';
import { addCommand, type Register, type Result } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { fields, table, time } from '../print/text.ts';
import { pathOf } from '../setup/files.ts';
import { addHomeOption, homeOf, openOwnNode } from '../setup/own-node.ts';
import { hexIdOf, integerOf, oneOf } from '../usage.ts';

interface Options {
  readonly home?: string;
  readonly last?: string;
  readonly head?: string;
}

const LAST_DEFAULT = 50;

export const registerNodeAdminLog: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'admin-log <show|verify>',
      summary: 'what was done to a node with its tokens: show it, or find out whether it was changed or cut',
      examples: [
        'npx consilium node admin-log show --home /var/lib/consilium --last 20',
        'npx consilium node admin-log verify --home /var/lib/consilium',
      ],
    },
    (command) =>
      addHomeOption(command)
        .option('--last <count>', `show: so many of the newest actions (else ${LAST_DEFAULT})`)
        .option('--head <hash>', 'verify: a hash that was noted earlier must stand in the log'),
    async ([what = ''], options) => {
      const action = oneOf(['show', 'verify'], what, 'the action');
      return action === 'show' ? show(place.io, options) : verify(place.io, options);
    },
  );

async function show(io: Io, options: Options): Promise<Result> {
  const { lines } = await filesOf(io, options, undefined);
  const last = options.last === undefined ? LAST_DEFAULT : integerOf(options.last, '--last', 1);
  const shown = lines.slice(-last);
  return {
    data: { lines: shown },
    lines: table([['NUMBER', 'TIME', 'WHO', 'ROLE', 'ACTION', 'OUTCOME', 'FACTS'], ...shown.map(row)]),
  };
}

function row({ seq, at, by, role, action, outcome, facts }: AdminLine): string[] {
  const said = Object.entries(facts).map(([name, value]) => `${name}=${value}`);
  return [String(seq), time(at), by, role, action, outcome, said.join(' ')];
}

async function verify(io: Io, options: Options): Promise<Result> {
  // The mark first: lines that come in between lie behind it.
  const mark = await markOf(io, options);
  const { lines, head, broken } = await filesOf(io, options, mark);
  if (broken !== undefined) throw new ConsiliumError('ADMIN_LOG_BROKEN', { ...broken });
  const known = [head.hash, ...lines.map(({ hash }) => hash)];
  if (options.head !== undefined && !known.includes(hexIdOf(options.head, '--head')))
    throw new ConsiliumError('ADMIN_LOG_BROKEN', { head: options.head, rule: 'cut' });
  const breaks = lines.filter(({ action }) => action === 'log.broken');
  const first = lines[0]?.seq ?? 0;
  return {
    data: { first, last: head.seq, head: head.hash, breaks: breaks.length },
    lines: [
      ...fields([
        ['lines', lines.length === 0 ? 'none' : `${first} to ${head.seq}, one unbroken chain`],
        ['head', head.hash],
        ['known to the store', mark === undefined ? 'nothing yet' : `up to ${mark.seq}`],
      ]),
      ...breaks.map(brokenLine),
    ],
    exitCode: breaks.length === 0 ? EXIT.ok : EXIT.unknown,
  };
}

function brokenLine({ seq, at, facts }: AdminLine): string {
  const { file = '?', line = '?', rule = '?' } = facts;
  return `at ${time(at)} the node found its log broken (${file}, line ${line}: ${rule}) and began anew with line ${seq}`;
}

async function filesOf(io: Io, options: Options, mark: ChainMark | undefined): Promise<AdminFiles> {
  const home = pathOf(io, homeOf(options));
  const { homePaths, readAdminFiles } = await import('@consilium/node/own-home');
  const { state } = homePaths(home);
  try {
    return await readAdminFiles(state, mark);
  } catch (error) {
    if (isConsiliumError(error, 'FILE_MISSING')) throw new ConsiliumError('HOME_MISSING', { home });
    throw error;
  }
}

/** What the store knows of the log: told by the node, or read from its store when it does not run. */
async function markOf(io: Io, options: Options): Promise<ChainMark | undefined> {
  const node = await openOwnNode(io, options);
  try {
    const { mark } = (await node.get('/v1/admin/log?limit=1')) as { readonly mark: ChainMark };
    return mark.seq === 0 ? undefined : mark;
  } catch (error) {
    if (!isConsiliumError(error, 'NODE_NOT_RUNNING')) throw error;
  }
  const { openStore, readMark } = await import('@consilium/node');
  const { homePaths } = await import('@consilium/node/own-home');
  await using store = await openStore(homePaths(node.home).data);
  return readMark(store);
}

// Owns: `token list`: who may use the API of a node, in which role, until when. Never a token: the node has only hashes.
import type { AccessEntry } from '@consilium/node/own-home';
import { addCommand, type Register } from '../command.ts';
import { table, time } from '../print/text.ts';
import { accessFileOf } from '../setup/own-access.ts';
import { addHomeOption } from '../setup/own-node.ts';

interface Options {
  readonly home?: string;
}

export const registerTokenList: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'list',
      summary: 'who may use the API of a node, in which role, and until when',
      examples: ['npx consilium token list --home /var/lib/consilium'],
    },
    addHomeOption,
    async (_arguments, { home }) => {
      const { readAccessFile } = await import('@consilium/node/own-home');
      const entries = await readAccessFile(await accessFileOf(place.io, home));
      const now = place.io.now();
      return {
        data: { entries: entries.map((entry) => ({ ...entry, expired: isExpired(entry, now) })) },
        lines: table([
          ['NAME', 'ROLE', 'BY', 'SINCE', 'UNTIL'],
          ['operator', 'operator', 'keys/operator.token', '', ''],
          ...entries.map((entry) => row(entry, now)),
        ]),
      };
    },
  );

function isExpired({ expiresAt }: AccessEntry, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

function row(entry: AccessEntry, now: number): string[] {
  const { name, role, kind, createdAt, expiresAt } = entry;
  const until = expiresAt === null ? '' : time(expiresAt);
  return [name, role, kind, time(createdAt), isExpired(entry, now) ? `${until} (expired)` : until];
}

// Owns: `token remove`: a token or certificate that no longer counts.
import { ConsiliumError } from '@consilium/core';
import { addCommand, type Register } from '../command.ts';
import { accessFileOf } from '../setup/own-access.ts';
import { addHomeOption } from '../setup/own-node.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly home?: string;
  readonly name?: string;
}

export const registerTokenRemove: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'remove',
      summary: 'end a token or certificate: it is refused within a second, without a restart',
      examples: ['npx consilium token remove --home /var/lib/consilium --name emr'],
    },
    (command) => addHomeOption(command).option('--name <name>', 'whose'),
    async (_arguments, { home, name }) => {
      if (name === undefined) throw usage('--name is missing: see consilium token list');
      const { changeAccessFile } = await import('@consilium/node/own-home');
      await changeAccessFile(await accessFileOf(place.io, home), (entries) => {
        if (!entries.some((each) => each.name === name)) throw new ConsiliumError('TOKEN_UNKNOWN', { name });
        return entries.filter((each) => each.name !== name);
      });
      return { data: { removed: name }, lines: [`removed: ${name}`] };
    },
  );

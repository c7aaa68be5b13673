// Owns: `genesis show`: who founds the network, and the fingerprint to compare by telephone.
import { accountIdOf, fingerprintOf } from '@consilium/core';
import { type Genesis, genesisHash } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { fields, table, time } from '../print/text.ts';
import { findDevnet } from '../setup/devnet-file.ts';
import { genesisPathOf, readGenesis } from '../setup/network.ts';
import { usage } from '../usage.ts';

interface Options {
  readonly dir?: string;
}

export const registerGenesisShow: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'show [file]',
      summary: 'check a genesis file and show its fingerprint and founders',
      examples: ['npx consilium genesis show genesis.json'],
    },
    (command) => command.option('--dir <folder>', 'folder of the devnet whose genesis is meant'),
    async ([file], { dir }) => {
      const { io } = place;
      const options = file === undefined ? {} : { genesis: file };
      const path = genesisPathOf(io, options, await findDevnet(io, dir));
      if (path === undefined) throw usage('name a genesis file, or set CONSILIUM_GENESIS');
      return shown(await readGenesis(path));
    },
  );

function shown(genesis: Genesis): Result {
  const hash = genesisHash(genesis);
  const fingerprint = fingerprintOf(hash);
  const validators = genesis.validators.map(({ name, accountKey, addresses }) => ({
    name,
    id: accountIdOf(accountKey),
    addresses,
  }));
  const { chainId, params } = genesis;
  return {
    data: { chainId, hash, fingerprint, time: genesis.time, params, validators },
    lines: [
      ...fields([
        ['network', chainId],
        ['hash', hash],
        ['fingerprint', fingerprint],
        ['time', time(genesis.time)],
      ]),
      '',
      ...table([
        ['NAME', 'ID', 'ADDRESSES'],
        ...validators.map(({ name, id, addresses }) => [name, id, addresses.join(' ')]),
      ]),
    ],
  };
}

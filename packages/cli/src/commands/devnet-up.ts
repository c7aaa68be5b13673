// Owns: `devnet up`: a network of hospitals on this machine, in the foreground until Ctrl-C, or detached.
import type { Devnet, DevnetOptions } from '@consilium/devnet';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { table } from '../print/text.ts';
import { addDirOption, type DirOption, devnetDir, dirWords } from '../setup/devnet.ts';
import { createEnding } from '../setup/ending.ts';
import { integerOf } from '../usage.ts';

interface Options extends DirOption {
  readonly nodes?: string;
  readonly seed?: string;
  readonly basePort?: string;
  readonly detach?: boolean;
  readonly json?: boolean;
}

export const registerDevnetUp: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'up',
      summary: 'start a network of hospitals on this machine; one that was there before goes on',
      examples: [
        'npx consilium devnet up --detach',
        'npx consilium devnet up --nodes 7 --seed trial --dir /tmp/trial --base-port 9000',
      ],
    },
    (command) =>
      addDirOption(command)
        .option('--nodes <count>', 'hospitals that found the network (default: 4)')
        .option('--seed <text>', 'keys, genesis and ports come from it, so they are the same every time')
        .option('--base-port <port>', 'first of the ports: ten for each node (default: 7080)')
        .option('--detach', 'come back when the network is ready, and leave it running'),
    async (_args, options) => {
      const { detachDevnet, launchDevnet } = await import('@consilium/devnet');
      const ending = createEnding();
      try {
        const asked = { ...devnetOptions(place.io, options), signal: ending.signal };
        if (options.detach === true) return shown(place.io, await detachDevnet(asked), options);
        const devnet = await launchDevnet(asked);
        announce(place.io, shown(place.io, devnet, options), options);
        await Promise.race([ending.asked, devnet.stopped]);
        await devnet.down();
        return { data: undefined, lines: [] };
      } finally {
        ending.release();
      }
    },
  );

function devnetOptions(io: Io, options: Options): DevnetOptions {
  return {
    dir: devnetDir(io, options),
    ...(options.nodes !== undefined && { nodes: integerOf(options.nodes, '--nodes', 1) }),
    ...(options.seed !== undefined && { seed: options.seed }),
    ...(options.basePort !== undefined && { basePort: integerOf(options.basePort, '--base-port', 1) }),
  };
}

function shown(io: Io, { file }: Devnet, options: Options): Result {
  const { chainId, genesis, genesisHash, dir, supervisor, nodes, keys } = file;
  const where = dirWords(io, options);
  return {
    data: { chainId, genesis, genesisHash, dir, supervisor: { pid: supervisor?.pid ?? null }, nodes, keys },
    lines: [
      `${chainId}: ${nodes.length} hospitals, one process each; keys and logs in ${dir}`,
      '',
      ...table([
        ['NODE', 'HOSPITAL', 'API', 'METRICS'],
        ...nodes.map(({ name, title, api, metrics }) => [name, title, api, metrics]),
      ]),
      '',
      'Try:',
      `  npx consilium status${where}`,
      `  npx consilium key new anna.json --role patient && npx consilium patient enrol --wallet anna.json --as a${where}`,
      `  npx consilium devnet node kill b${where}`,
      options.detach === true ? `Stop it: npx consilium devnet down${where}` : 'Ctrl-C stops it.',
    ],
  };
}

function announce(io: Io, { data, lines }: Result, { json }: Options): void {
  io.out(json === true ? `${JSON.stringify(data)}\n` : `${lines.join('\n')}\n`);
}

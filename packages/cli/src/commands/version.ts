// Owns: `version`, also called as `--version`: what this build is, and what it can read and speak.
import manifest from '../../package.json' with { type: 'json' };
import { addCommand, noOptions, type Register } from '../command.ts';

export const registerVersion: Register = (place) =>
  addCommand<object>(
    place,
    {
      usage: 'version',
      summary: 'show the version of this build, and the format of the stores that it reads',
      examples: ['npx consilium --version', 'npx consilium version --json'],
    },
    noOptions,
    async () => {
      const { STORE_FORMAT_VERSION: storeFormat } = await import('@consilium/node');
      const { version } = manifest;
      return {
        data: { version, storeFormat, node: process.version },
        lines: [`consilium ${version} (store format ${storeFormat}, Node ${process.version})`],
      };
    },
  );

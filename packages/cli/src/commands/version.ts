// Owns: `version`, also called as `--version`: what this build is, and what it can read and speak.
import { PROTOCOL_VERSION_MAX } from '@consilium/core';
import manifest from '../../package.json' with { type: 'json' };
import { addCommand, noOptions, type Register } from '../command.ts';

export const registerVersion: Register = (place) =>
  addCommand<object>(
    place,
    {
      usage: 'version',
      summary:
        'show the version of this build, of the newest protocol that it knows, and of the stores that it reads',
      examples: ['npx consilium --version', 'npx consilium version --json'],
    },
    noOptions,
    async () => {
      const { STORE_FORMAT_VERSION: storeFormat } = await import('@consilium/node');
      const { version } = manifest;
      const { version: node } = process;
      const formats = `protocol ${PROTOCOL_VERSION_MAX}, store format ${storeFormat}, Node ${node}`;
      return {
        data: { version, protocol: PROTOCOL_VERSION_MAX, storeFormat, node },
        lines: [`consilium ${version} (${formats})`],
      };
    },
  );

// Owns: `config validate`: every mistake in the configuration of a home, with its line and what was meant. Exit code 78, as
// systemd knows it, so that it can stand before the start of a service.
import type { ConsiliumError } from '@consilium/core';
import { addCommand, type Register, type Result } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { pathOf } from '../setup/files.ts';
import { addHomeOption, homeOf, type OwnNodeOptions } from '../setup/own-node.ts';
import { addSetOption, type SetOption, settingsOf } from '../setup/settings.ts';

type Options = SetOption & OwnNodeOptions;

export const registerConfigValidate: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'validate',
      summary:
        'say every mistake in config.toml, the environment and the flags; exit code 78 when there is one',
      examples: ['npx consilium config validate --home /var/lib/consilium'],
    },
    (command) => addSetOption(addHomeOption(command)),
    async (_arguments, options) => {
      const { findConfigMistakes, homePaths, isSettingName } = await import('@consilium/node/own-home');
      const { config: file } = homePaths(pathOf(place.io, homeOf(options)));
      const flags = settingsOf(options, isSettingName);
      return shown(file, await findConfigMistakes(file, place.io.env, flags));
    },
  );

function shown(file: string, mistakes: readonly ConsiliumError[]): Result {
  if (mistakes.length === 0)
    return { data: { file, valid: true, mistakes: [] }, lines: [`${file} is valid`] };
  return {
    data: {
      file,
      valid: false,
      mistakes: mistakes.map(({ code, message, data }) => ({ code, message, ...data })),
    },
    lines: mistakes.map(({ code, message }) => `${code}: ${message}`),
    exitCode: EXIT.configuration,
  };
}

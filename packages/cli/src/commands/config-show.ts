// Owns: `config show`: the settings that a node of this home would run with, and where each came from. No setting is a
// secret: secrets stand in files of their own, which settings name.
import { addCommand, type Register } from '../command.ts';
import { table } from '../print/text.ts';
import { pathOf } from '../setup/files.ts';
import { addHomeOption, homeOf, type OwnNodeOptions } from '../setup/own-node.ts';
import { addSetOption, type SetOption, settingsOf } from '../setup/settings.ts';

interface Options extends SetOption, OwnNodeOptions {
  readonly origin?: boolean;
}

export const registerConfigShow: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'show',
      summary: 'show the settings in force, and where each comes from',
      examples: ['npx consilium config show --origin --home /var/lib/consilium'],
    },
    (command) =>
      addSetOption(addHomeOption(command)).option(
        '--origin',
        'also where each came from: flag, environment, file with its line, or default',
      ),
    async (_arguments, options) => {
      const { homePaths, isSettingName, loadConfig } = await import('@consilium/node/own-home');
      const { config: file } = homePaths(pathOf(place.io, homeOf(options)));
      const { settings } = await loadConfig(file, place.io.env, settingsOf(options, isSettingName));
      const shown = options.origin === true ? settings : settings.map(({ name, value }) => ({ name, value }));
      const rows = settings.map(({ name, value, origin }) =>
        options.origin === true ? [name, value, origin] : [name, value],
      );
      const head = options.origin === true ? ['SETTING', 'VALUE', 'FROM'] : ['SETTING', 'VALUE'];
      return { data: { file, settings: shown }, lines: table([head, ...rows]) };
    },
  );

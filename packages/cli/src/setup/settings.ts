// Owns: settings given on the command line, `--set NAME=VALUE`. Does not own: which settings there are (packages/node).
import type { SettingName } from '@consilium/node/own-home';
import type { Command } from 'commander';
import { collect, usage } from '../usage.ts';

export interface SetOption {
  readonly set?: readonly string[] | undefined;
}

export type GivenSettings = Partial<Record<SettingName, string>>;

export function addSetOption(command: Command): Command {
  return command.option(
    '--set <name=value>',
    'overrides a setting of config.toml, e.g. log.level=debug',
    collect,
  );
}

export function settingsOf(
  { set = [] }: SetOption,
  isSetting: (name: string) => name is SettingName,
): GivenSettings {
  const settings: GivenSettings = {};
  for (const text of set) {
    const at = text.indexOf('=');
    const name = text.slice(0, Math.max(0, at));
    if (!isSetting(name)) throw usage(`--set takes NAME=VALUE with a name of config.toml, not '${text}'`);
    settings[name] = text.slice(at + 1);
  }
  return settings;
}

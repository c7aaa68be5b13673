// Owns: the configuration file as a person gets it: every setting with its comment, what was given as a line, the rest
// as its default behind a `#`.
import { END_ANNOUNCED, END_MARK } from './end-mark.ts';
import { environmentOf, SETTING_NAMES, SETTINGS, type SettingName, type SettingValues } from './settings.ts';

const HEAD = [
  'Configuration of one Consilium node.',
  '',
  'A line that begins with # is a comment; a setting behind one has the value shown.',
  '`consilium node start --set api.port=4200` goes before an environment variable, that before this file.',
  'An unknown key is an error. What the whole network shares stands in genesis.json, not here.',
];

/** TOML that reads back as the values given. */
export function renderConfig(values: Partial<SettingValues>): string {
  const lines = [END_ANNOUNCED, '', ...HEAD.map(comment)];
  let section = '';
  for (const name of SETTING_NAMES) {
    const next = sectionOf(name);
    if (next !== section) lines.push('', `[${next}]`);
    section = next;
    lines.push('', ...settingLines(name, values[name]));
  }
  return `${[...lines, '', END_MARK].join('\n')}\n`;
}

/** The peers are a table of their own, in which an operator adds a line for each. */
function sectionOf(name: SettingName): string {
  return name === 'peers.addresses' ? name : name.slice(0, Math.max(0, name.indexOf('.')));
}

function settingLines<K extends SettingName>(
  name: K,
  value: SettingValues[K] | undefined,
): readonly string[] {
  const { about, type, fallback } = SETTINGS[name];
  const said = [...about, `Environment: ${environmentOf(name)}`].map(comment);
  if (name === 'peers.addresses') return [...said, ...peerLines(value as SettingValues['peers.addresses'])];
  const key = name.slice(name.indexOf('.') + 1);
  const shown = value ?? fallback;
  const line = shown === undefined ? `${key} =` : `${key} = ${type.toToml(shown)}`;
  return [...said, value === undefined ? comment(line) : line];
}

function peerLines(value: SettingValues['peers.addresses'] = {}): readonly string[] {
  return Object.entries(value).map(
    ([name, list]) =>
      `${JSON.stringify(name)} = [${list.map((address) => JSON.stringify(address)).join(', ')}]`,
  );
}

function comment(line: string): string {
  return line === '' ? '#' : `# ${line}`;
}

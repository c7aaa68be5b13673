// Owns: `node signing ...`: what the validator of a home has signed, shown, written for another machine, and taken over there.
import type { SigningHistory } from '@consilium/node/setup';
import { addCommand, type Register, type Result } from '../command.ts';
import { fields } from '../print/text.ts';
import { pathOf, readText, SECRET_MODE, writeNew } from '../setup/files.ts';
import { addHomeOption, homeOf, type OwnNodeOptions } from '../setup/own-node.ts';

interface ExportOptions extends OwnNodeOptions {
  readonly out?: string;
}

export const registerNodeSigning: Register = (place) => {
  const { io } = place;
  const summary = 'what this validator has signed: show it, carry it to another machine';
  const noun = place.noun.command('signing').summary(summary).description(summary);
  const below = { ...place, noun };
  addCommand<OwnNodeOptions>(
    below,
    {
      usage: 'show',
      summary: 'show the highest message that was signed, and whether the record is whole',
      examples: ['npx consilium node signing show --home /var/lib/consilium'],
    },
    addHomeOption,
    async (_arguments, options) => {
      const { showSigningHistory } = await import('@consilium/node/setup');
      return shown(await showSigningHistory(pathOf(io, homeOf(options))));
    },
  );
  addCommand<ExportOptions>(
    below,
    {
      usage: 'export',
      summary: 'write the signing history of a node that is stopped, as JSON, to standard output or a file',
      examples: ['npx consilium node signing export --home /var/lib/consilium --out signing.json'],
    },
    (command) => addHomeOption(command).option('--out <file>', 'a file that is not there yet'),
    async (_arguments, options) => {
      const { exportSigningHistory } = await import('@consilium/node/setup');
      const json = await exportSigningHistory(pathOf(io, homeOf(options)));
      if (options.out === undefined) return { data: JSON.parse(json), lines: [json.trimEnd()] };
      const file = pathOf(io, options.out);
      await writeNew(file, json, SECRET_MODE);
      return { data: { file }, lines: fields([['file', file]]) };
    },
  );
  addCommand<OwnNodeOptions>(
    below,
    {
      usage: 'import <file>',
      summary: 'take over an exported signing history; never goes back, and the node watches before it signs',
      examples: ['npx consilium node signing import signing.json --home /var/lib/consilium'],
    },
    addHomeOption,
    async ([file = ''], options) => {
      const { importSigningHistory } = await import('@consilium/node/setup');
      return shown(await importSigningHistory(pathOf(io, homeOf(options)), await readText(pathOf(io, file))));
    },
  );
};

function shown({ status, record }: SigningHistory): Result {
  const { height, round, kind, doubted } = record;
  const nothing = height === 0;
  return {
    data: { status, height, round, kind: nothing ? null : kind, doubted },
    lines: fields([
      ['record', status],
      ['highest signed', nothing ? 'nothing yet' : `height ${height}, round ${round}, ${kind}`],
      ['at its start', status === 'whole' ? 'the node signs at once' : 'the node watches before it signs'],
    ]),
  };
}

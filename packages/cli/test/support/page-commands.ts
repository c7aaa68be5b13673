// What a page of the documentation calls: each `consilium` command in a text, held against the program.
import type { Command } from 'commander';
import { createProgram } from '../../src/main.ts';
import { silentIo } from './silent-io.ts';

const program = await createProgram(silentIo, () => {});

export interface Called {
  readonly verb: string;
  readonly wrong: readonly string[];
}

/** What is wrong with these words after `consilium`. */
function called(text: string): Called {
  const words = text.replace(/\s*(?:#|&&|[|>&]).*$/, '').split(/\s+/);
  const path: string[] = [];
  let command: Command = program;
  while (command.commands.length > 0) {
    const next = words.shift() ?? '';
    const found = command.commands.find((each) => each.name() === next);
    path.push(next);
    if (found === undefined) return { verb: path.join(' '), wrong: [`no command ${path.join(' ')}`] };
    command = found;
  }
  const known = command.options.map(({ long }) => long);
  const flags = words.filter((word) => /^--[a-z]/.test(word)).filter((flag) => !known.includes(flag));
  return { verb: path.join(' '), wrong: flags.map((flag) => `${path.join(' ')} ${flag}`) };
}

export const commandsIn = (text: string): Called[] =>
  [...text.matchAll(/(?:^|[`\s])(?:npx )?consilium (?!--)(?<words>[a-z]+[^`\n]*)/gm)].map(
    ({ groups: { words = '' } = {} }) => called(words),
  );

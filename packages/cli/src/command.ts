// Owns: the form of every command: one file registers it, `--json` and an example are always there, and what it gives
// is printed in one place. Does not own: what any command does.
import type { Command } from 'commander';
import { EXIT } from './exit-codes.ts';
import type { Io } from './io.ts';

/** What a command ends with. `data` is printed with `--json`, `lines` without; undefined: all was printed before. */
export interface Result {
  readonly data: unknown;
  readonly lines: readonly string[];
  readonly exitCode?: number;
}

export interface CommandSpec {
  /** As typed, e.g. `show <id>`. */
  readonly usage: string;
  readonly summary: string;
  /** From a clone, e.g. `npx consilium tx show 3f...`. */
  readonly examples: readonly string[];
}

/** Where a command hangs, and where its exit code goes. */
export interface Place {
  readonly io: Io;
  readonly noun: Command;
  readonly ended: (exitCode: number) => void;
}

export type Register = (place: Place) => void;

/**
 * Adds a command. `run` gets the arguments in their order and the options; what it throws ends the program with the
 * refusal's code.
 */
export function addCommand<O extends object>(
  place: Place,
  spec: CommandSpec,
  configure: (command: Command) => Command,
  run: (args: readonly string[], options: O) => Promise<Result>,
): void {
  const command = place.noun.command(spec.usage).summary(spec.summary).description(spec.summary);
  configure(command)
    .option('--json', 'print one JSON object on stdout and nothing else')
    .addHelpText('after', examplesText(spec.examples))
    .action(async (...given: unknown[]) => {
      const options = given.at(-2) as O & { json?: boolean };
      const args = given.slice(0, -2).flat() as string[];
      const result = await run(args, options);
      print(place.io, result, options.json === true);
      place.ended(result.exitCode ?? EXIT.ok);
    });
}

function examplesText(examples: readonly string[]): string {
  return `\nExample${examples.length === 1 ? '' : 's'}:\n${examples.map((line) => `  ${line}`).join('\n')}\n`;
}

function print(io: Io, { data, lines }: Result, json: boolean): void {
  if (json) io.out(data === undefined ? '' : `${JSON.stringify(data)}\n`);
  else for (const line of lines) io.out(`${line}\n`);
}

export const noOptions = (command: Command): Command => command;

export function addNoun(program: Command, name: string, summary: string): Command {
  const noun = program.command(name).summary(summary).description(summary);
  return noun.addHelpText(
    'after',
    () => `\nEach has an example: npx consilium ${name} ${firstVerb(noun)} --help\n`,
  );
}

function firstVerb(noun: Command): string {
  return noun.commands[0]?.name() ?? '';
}

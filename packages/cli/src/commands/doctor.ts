// Owns: `doctor`: what is wrong with a node on this machine, each with a code and the command that mends it. Does not own:
// the looking (@consilium/node).
import { isConsiliumError } from '@consilium/core';
import type { Diagnosis } from '@consilium/node';
import type { WhyReport } from '@consilium/node/own-home';
import { addCommand, type Register, type Result } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { printable } from '../print/text.ts';
import { pathOf } from '../setup/files.ts';
import { addHomeOption, addNodeOption, homeOf, type OwnNodeOptions, openOwnNode } from '../setup/own-node.ts';
import { whyReportOf } from './why.ts';

export const registerDoctor: Register = (place) =>
  addCommand<OwnNodeOptions>(
    place,
    {
      usage: 'doctor',
      summary: 'what is wrong with a node on this machine, and the command that mends it; changes nothing',
      examples: ['npx consilium doctor --home /var/lib/consilium'],
    },
    (command) => addNodeOption(addHomeOption(command)),
    async (_args, options) => {
      const home = pathOf(place.io, homeOf(options));
      const { diagnose, systemMachine, verifySodium } = await import('@consilium/node');
      const askWhy = (): Promise<WhyReport | undefined> => askedWhy(place.io, options);
      const machine = systemMachine();
      return shown(await diagnose(home, { verify: verifySodium, machine, env: place.io.env, askWhy }));
    },
  );

/** What keeps the node from answering is among the findings already, or is that it does not answer. */
async function askedWhy(io: Io, options: OwnNodeOptions): Promise<WhyReport | undefined> {
  try {
    const node = await openOwnNode(io, options);
    return whyReportOf(await node.get('/v1/admin/why'), node.url);
  } catch (error) {
    if (isConsiliumError(error)) return undefined;
    throw error;
  }
}

function shown(diagnosis: Diagnosis): Result {
  const { findings, healthy } = diagnosis;
  const lines = findings.flatMap(({ code, severity, text, command }) => [
    `${severity === 'fault' ? 'FAULT' : 'note '} ${code}: ${printable(text)}`,
    `      ${printable(command)}`,
  ]);
  const faults = findings.filter(({ severity }) => severity === 'fault').length;
  return {
    data: diagnosis,
    lines: [...lines, healthy ? 'no fault found' : `${faults} ${faults === 1 ? 'fault' : 'faults'} found`],
    exitCode: healthy ? EXIT.ok : EXIT.failed,
  };
}

// Owns: that a person says yes before something is done that cannot be taken back. Does not own: what it is.
import { ConsiliumError } from '@consilium/sdk';
import type { Io } from '../io.ts';
import { usage } from '../usage.ts';

export interface ConfirmOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** `hint`: when to give --yes. Throws `NOT_CONFIRMED`, or `USAGE_INVALID` where nobody can be asked. */
export async function confirm(
  io: Io,
  { yes, json }: ConfirmOptions,
  question: string,
  hint: string,
): Promise<void> {
  if (yes === true) return;
  if (json === true) throw usage(`with --json nobody is asked: give --yes ${hint}`);
  if (io.ask === undefined) throw usage('nobody is at a terminal to confirm: give --yes');
  const answer = (await io.ask(`${question} Type yes: `)).trim().toLowerCase();
  if (answer !== 'yes') throw new ConsiliumError('NOT_CONFIRMED');
}

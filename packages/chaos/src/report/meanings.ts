// Owns: what each checker, outcome and fate of a write means, in the words of the page.
import type { Outcome, WriteSeen } from '../run/verdict.ts';

const CHECKERS: ReadonlyMap<string, string> = new Map([
  ['agreement', 'All honest nodes hold one block and one state at each height, without gaps.'],
  ['stores', 'What a node told of is in its store, also after a crash.'],
  [
    'validity',
    'Every committed transaction was submitted, is signed by an admitted account, and appears once.',
  ],
  ['certificates', 'Every block carries valid signatures of more than two thirds of the set of its height.'],
  ['no-lost-ack', 'No write that was acknowledged is lost or there twice.'],
  [
    'consent-state',
    'What clients were told of each consent fits one order of all grants, revocations and reads.',
  ],
  ['liveness', 'Once healed, every honest member of the set made further blocks within the bound.'],
  ['stall', 'With more nodes down than the network bears, no block was made.'],
  ['accountability', 'Provable misbehaviour became evidence, and nobody else was named.'],
  ['rejections', 'No honest node charged another honest node with a breach of the protocol.'],
  ['reports', 'No honest node reported an event that only a broken one can report.'],
  [
    'evidence',
    'What honest nodes held as evidence went into their blocks, and whom the scenario expects was named.',
  ],
  ['double-signing', 'No honest key signed two things for one height, round and type.'],
  ['confidentiality', 'No payload was opened without a committed permit.'],
  ['records', 'After healing every registered record could be read again, and no honest custodian lied.'],
  ['coverage', 'The run reached the rare states that its scenario asks for.'],
  ['exception', 'The code under test threw no exception that it did not expect.'],
]);

export function meaningOfChecker(name: string): string {
  return CHECKERS.get(name) ?? 'A checker that this page has no words for.';
}

export interface Sign {
  readonly sign: string;
  readonly means: string;
}

export const OUTCOMES: Readonly<Record<Outcome | 'idle', Sign>> = {
  pass: { sign: '✔', means: 'looked, and found nothing wrong' },
  fail: { sign: '✘', means: 'convicted: there is a violation' },
  unknown: { sign: '?', means: 'could not tell, which is no pass' },
  idle: { sign: '–', means: 'had nothing to look at' },
};

/** `expected`: the checker that the scenario wants to convict, for faults beyond what the network bears. */
export function verdictWords(outcome: Outcome, expected: string | undefined): string {
  if (outcome === 'unknown') return 'nobody could tell, which is no pass';
  if (expected === undefined)
    return outcome === 'pass' ? 'no checker found anything wrong' : 'the run broke a promise';
  return outcome === 'pass'
    ? `${expected} convicted, as the scenario expects`
    : `the scenario expects that ${expected} convicts, and it did not`;
}

export const FATES: Readonly<Record<WriteSeen['outcome'], string>> = {
  ok: 'acknowledged, and found in the chain once',
  fail: 'refused, and never seen',
  info: 'timed out: nobody told the client what became of it',
  lost: 'acknowledged, and not in the chain: a violation',
  duplicated: 'in the chain more than once: a violation',
  'never-read': 'in the chain, but its client never found it',
};

// Owns: in one sentence, why there is no block at the moment, or that nothing is wrong. Pure: facts in, a code and words
// out. Does not own: gathering the facts (daemon/why-facts.ts), whether the node is ready (readiness.ts).
import type { HeightFacts, ValidatorFacts } from '../replica/facts.ts';
import type { SigningMode } from '../replica/replica.ts';
import { isClockOff } from '../replica/watch.ts';
import type { Readiness } from './readiness.ts';
import { forWords } from './words.ts';

export type NamedValidator = ValidatorFacts & { readonly name: string };

export interface WhyFacts {
  readonly name: string;
  /** Last committed block; its time and now in milliseconds since the epoch. */
  readonly height: number;
  readonly blockTimeMs: number;
  readonly nowMs: number;
  readonly running: Omit<HeightFacts, 'validators'> & { readonly validators: readonly NamedValidator[] };
  readonly synced: boolean;
  readonly claimedTip: number;
  readonly signing: SigningMode;
  readonly diverged: boolean;
  /** Of most peers' clocks from this one; null: too few were heard. Milliseconds. */
  readonly clockOffsetMs: number | null;
  readonly clockPrecisionMs: number;
  readonly diskFreeBytes: number | null;
  readonly mempool: { readonly txs: number; readonly bytes: number; readonly oldestMs: number | null };
  /** Proposers whose blocks left out what had waited for long, since this node started. */
  readonly skips: readonly { readonly name: string; readonly blocks: number; readonly txs: number }[];
}

export const WHY_CODES = [
  'DIVERGED',
  'SYNCING',
  'LOG_FULL',
  'IDLE',
  'DECIDING',
  'LINKS_MISSING',
  'CLOCK_OFF',
  'PROPOSAL_MISSING',
  'VOTES_MISSING',
  'VOTES_SPLIT',
] as const;
export type WhyCode = (typeof WHY_CODES)[number] | 'DISK_FULL';

export interface Why {
  readonly code: WhyCode;
  /** One sentence. */
  readonly answer: string;
}

/** What /v1/admin/why answers. */
export type WhyReport = Why & WhyFacts & { readonly readiness: Readiness };

/** Of a node that rests until there is room on its disk: nothing else is asked of it. */
export const WHY_RESTING: Why = {
  code: 'DISK_FULL',
  answer: 'The disk of this node is full: it votes and writes nothing until there is space.',
};

/** The first of these that holds is the answer: each explains those after it. */
export function whyOf(facts: WhyFacts): Why {
  return ownFault(facts) ?? nothingWrong(facts) ?? whatIsMissing(facts);
}

function ownFault({ diverged, synced, height, claimedTip, running }: WhyFacts): Why | undefined {
  if (diverged)
    return why(
      'DIVERGED',
      `This node finds a block invalid that a quorum decided, and stopped at height ${height}.`,
    );
  if (!synced)
    return why(
      'SYNCING',
      `The others make blocks; this node is at height ${height} and fetches up to ${claimedTip}.`,
    );
  if (running.logFull)
    return why(
      'LOG_FULL',
      `The log of height ${running.height} is full: this node casts no further vote in it.`,
    );
  return undefined;
}

function nothingWrong({ running }: WhyFacts): Why | undefined {
  const { height, round, hasWork, awake, stuck, workForMs, reached, quorum } = running;
  if (!hasWork && !awake && reached >= quorum)
    return why('IDLE', 'There is nothing to do: no transaction waits, and without one no block is made.');
  if (stuck || reached < quorum) return undefined;
  const since = workForMs === null ? '' : `, at work for ${forWords(workForMs)}`;
  return why('DECIDING', `Block ${height} is being decided: round ${round}${since}.`);
}

function whatIsMissing(facts: WhyFacts): Why {
  const { running } = facts;
  const { validators, quorum, reached, height, round, step, proposer, proposed } = running;
  if (reached < quorum) {
    const gone = validators.filter(({ connected }) => !connected);
    const words = `This node reaches ${reached} of ${validators.length} validators and a block needs ${quorum}`;
    return why('LINKS_MISSING', `${words}; no link to ${gone.map(withLink).join(', ')}.`);
  }
  const off = clockAnswer(facts);
  if (off !== undefined) return off;
  const missing = missingVotes(running);
  if (step === 'propose' && !proposed) {
    const name = validators.find(({ institution }) => institution === proposer);
    const who = name === undefined ? 'the proposer' : withHeard(name);
    return why('PROPOSAL_MISSING', `Round ${round} of height ${height} waits for the proposal of ${who}.`);
  }
  if (missing.length > validators.length - quorum) {
    const type = step === 'precommit' ? 'precommits' : 'prevotes';
    return why(
      'VOTES_MISSING',
      `Round ${round} of height ${height} lacks the ${type} of ${missing.map(withHeard).join(', ')}.`,
    );
  }
  const words = `Round ${round} of height ${height} has enough votes, but not for one value; the next round tries again`;
  return why('VOTES_SPLIT', `${words}.`);
}

function clockAnswer({ clockOffsetMs, clockPrecisionMs }: WhyFacts): Why | undefined {
  if (clockOffsetMs === null || !isClockOff(clockOffsetMs, clockPrecisionMs)) return undefined;
  const words = `This machine's clock is ${clockWords(clockOffsetMs)}, and ${clockPrecisionMs} ms are allowed`;
  return why('CLOCK_OFF', `${words}: proposals find no agreement.`);
}

/** Whose vote of the step that runs is not here. */
export function missingVotes({ step, validators }: WhyFacts['running']): readonly NamedValidator[] {
  const type = step === 'precommit' ? 'precommit' : 'prevote';
  return validators.filter((validator) => validator[type] === 'missing');
}

export function clockWords(offsetMs: number): string {
  if (offsetMs === 0) return 'with its peers';
  return `${Math.abs(offsetMs)} ms ${offsetMs > 0 ? 'behind' : 'ahead of'} its peers`;
}

function withLink({ name, linkForMs }: NamedValidator): string {
  return linkForMs === null ? name : `${name} (for ${forWords(linkForMs)})`;
}

function withHeard(validator: NamedValidator): string {
  const { name, heard, connected } = validator;
  if (!connected)
    return validator.linkForMs === null ? name : `${name} (no link for ${forWords(validator.linkForMs)})`;
  return heard === null ? `${name} (never heard)` : `${name} (last heard ${forWords(heard.agoMs)} ago)`;
}

function why(code: WhyCode, answer: string): Why {
  return { code, answer };
}

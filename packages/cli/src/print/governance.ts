// Owns: how a change that hospitals vote on looks to the person who is to sign: what it says, whom it names in words, what
// it does to the network. Does not own: the figures (sdk).
import { type ChangeEffect, cardWords, type GovernanceView, type GovernedChange } from '@consilium/sdk';
import { fields } from './text.ts';

type Names = (id: string) => string;

/** Whoever is in, by id; an id that is nobody's is shown by its beginning. */
export function namesIn({ validators, learners, observers }: GovernanceView): Names {
  const names = new Map([...validators, ...learners, ...observers].map(({ id, name }) => [id, name]));
  return (id) => names.get(id) ?? id.slice(0, 8);
}

/** One line. */
export function describeChange(change: GovernedChange, nameOf: Names): string {
  switch (change.type) {
    case 'admit':
      return `admit ${change.card.name}`;
    case 'observe':
      return `admit ${change.card.name} as observer`;
    case 'rotate':
      return `other keys for ${nameOf(change.institution)}`;
    case 'remove':
      return `remove ${nameOf(change.institution)}`;
    case 'params':
      return 'other parameters';
    case 'upgrade':
      return `version ${change.version} from height ${change.height}`;
    case 'policy':
      return `${change.policy} where no consent speaks`;
  }
}

/** Everything that a person should have read before a signature. */
export function ballotLines(change: GovernedChange, effect: ChangeEffect, nameOf: Names): string[] {
  return [
    ...fields([['change', describeChange(change, nameOf)], ...particulars(change), ...setLines(effect)]),
    ...effect.params.map(({ name, from, to }) => `  ${name}: ${from} becomes ${to}`),
    ...wordLines(change),
  ];
}

function particulars(change: GovernedChange): [string, string][] {
  switch (change.type) {
    case 'admit':
      return [['then', 'it follows, and votes by itself once its node has caught up']];
    case 'observe':
      return [['then', 'it follows, and never votes']];
    case 'rotate':
      return [
        ['then', 'its old validator key votes until the second height after the decision, then the new one'],
      ];
    case 'params':
      return [['then', 'in force from the second height after the decision']];
    case 'upgrade':
      return [['then', 'a node whose software does not know that version stops before that height']];
    case 'policy':
      return [['then', 'in force at once, for every access that no consent of the patient decides']];
    case 'remove':
      return [['then', 'it may do nothing any more; its records are shared anew among those that stay']];
  }
}

function setLines({ before, after }: ChangeEffect): [string, string][] {
  if (before.validators === after.validators) return [['validators', `${before.validators}, as before`]];
  const move = (from: number, to: number): string => (from === to ? `${to}` : `${from} -> ${to}`);
  return [
    ['validators (n)', move(before.validators, after.validators)],
    ['may fail or lie (f)', move(before.faulty, after.faulty)],
    ['votes needed', move(before.quorum, after.quorum)],
    ...(after.faulty === 0
      ? [
          ['WARNING', 'afterwards no hospital may fail: one that is away stops the network'] as [
            string,
            string,
          ],
        ]
      : []),
  ];
}

function wordLines(change: GovernedChange): string[] {
  if (!('card' in change)) return [];
  return [
    'its card, in words; call the hospital at a number that you know and compare:',
    ...wordBlock(change.card),
  ];
}

/** Twelve words in two rows. */
export function wordBlock(card: Parameters<typeof cardWords>[0]): string[] {
  const words = cardWords(card);
  return [words.slice(0, 6), words.slice(6)].map((row) => `  ${row.join(' ')}`);
}

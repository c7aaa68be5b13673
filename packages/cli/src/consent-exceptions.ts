// Owns: provisions of a consent as a person types them: `label=PSY,HIV to=keller data=2024-01..2026-12`. Does not own: the
// options around them (consent-options.ts), what they mean (the SDK and the ledger).
import { CLINICIAN_ROLES, CONFIDENTIALITY_LEVELS } from '@consilium/core';
import {
  COMMON_CATEGORIES,
  COMMON_LABELS,
  ledgerReferencesOut,
  OPEN_RULE,
  type PlainActor,
  type PlainException,
  type PlainRule,
  PURPOSES,
} from '@consilium/sdk';
import type { Io } from './io.ts';
import { accountIdNamed, institutionIdOf } from './setup/names.ts';
import type { Network } from './setup/network.ts';
import { hexIdOf, integerOf, listOf, monthsOf, oneOf, timeOf, usage } from './usage.ts';

/** The conditions of one provision, each with its words as typed. */
export interface TypedRule {
  readonly to?: readonly string[];
  readonly role?: readonly string[];
  readonly group?: readonly string[];
  readonly purpose?: readonly string[];
  readonly category?: readonly string[];
  readonly label?: readonly string[];
  readonly level?: string;
  /** First and last month. */
  readonly data?: readonly [from: string | undefined, until: string | undefined];
  readonly record?: readonly string[];
  readonly author?: readonly string[];
}

/** `names`: what each condition is called where it was typed, for refusals. */
export async function plainRuleOf(
  io: Io,
  network: Network,
  typed: TypedRule,
  nameOf: (condition: string) => string,
): Promise<PlainRule> {
  const words = <T extends string>(
    known: readonly T[],
    condition: 'role' | 'purpose' | 'category' | 'label',
  ): readonly T[] => {
    const given = typed[condition] ?? [];
    const found = listOf(given).map((word) => oneOf(known, word, nameOf(condition)));
    // A condition without a word would demand nothing.
    if (given.length > 0 && found.length === 0)
      throw usage(`${nameOf(condition)} is one of ${known.join(', ')}`);
    return found;
  };
  const authors = await Promise.all(listOf(typed.author).map((named) => accountIdNamed(io, network, named)));
  const [from, until] = typed.data ?? [];
  return {
    ...OPEN_RULE,
    actors: await actorsOf(io, network, typed, words(CLINICIAN_ROLES, 'role')),
    purposes: words(PURPOSES, 'purpose'),
    categories: words(COMMON_CATEGORIES, 'category'),
    labels: words(COMMON_LABELS, 'label'),
    confidentiality:
      typed.level === undefined ? null : oneOf(CONFIDENTIALITY_LEVELS, typed.level, nameOf('level')),
    dataPeriod: monthsOf(from, until, [nameOf('data'), nameOf('data')]),
    records: listOf(typed.record).map((id) => ledgerReferencesOut.record(hexIdOf(id, nameOf('record')))),
    authors: authors.map(ledgerReferencesOut.account),
  };
}

async function actorsOf(
  io: Io,
  network: Network,
  { to, group }: TypedRule,
  roles: readonly (typeof CLINICIAN_ROLES)[number][],
): Promise<readonly PlainActor[]> {
  const accounts: PlainActor[] = [];
  for (const named of listOf(to))
    accounts.push({
      type: 'account',
      reference: ledgerReferencesOut.account(await accountIdNamed(io, network, named)),
    });
  const groups: PlainActor[] = [];
  for (const text of listOf(group))
    groups.push({ type: 'group', reference: ledgerReferencesOut.group(await groupPlaceOf(network, text)) });
  return [...accounts, ...roles.map((role) => ({ type: 'role', role }) as const), ...groups];
}

/** `INSTITUTION/NUMBER`. */
async function groupPlaceOf(
  network: Network,
  text: string,
): Promise<{ readonly institution: string; readonly index: number }> {
  const cut = text.lastIndexOf('/');
  if (cut < 1) throw usage(`a group is INSTITUTION/NUMBER, not '${text}'`);
  return {
    institution: await institutionIdOf(network, text.slice(0, cut)),
    index: integerOf(text.slice(cut + 1), 'the number of a group'),
  };
}

const LISTS = ['to', 'role', 'group', 'purpose', 'category', 'label', 'record', 'author'] as const;
const KEYS: readonly string[] = [...LISTS, 'level', 'data', 'from', 'until'];

/** One --except. */
export async function exceptionOf(io: Io, network: Network, text: string): Promise<PlainException> {
  const given = new Map(
    text
      .split(/\s+/)
      .filter((part) => part !== '')
      .map((part) => {
        const cut = part.indexOf('=');
        const key = part.slice(0, Math.max(cut, 0));
        if (!KEYS.includes(key) || cut === part.length - 1)
          throw usage(`--except is KEY=VALUE,VALUE KEY=VALUE, with ${KEYS.join(', ')}; not '${part}'`);
        return [key, part.slice(cut + 1)] as const;
      }),
  );
  if (given.size === 0) throw usage('--except without a condition would turn the whole consent round');
  const lists = LISTS.flatMap((key) => {
    const value = given.get(key);
    return value === undefined ? [] : [[key, [value]] as const];
  });
  const level = given.get('level');
  const typed: TypedRule = {
    ...Object.fromEntries(lists),
    ...(level !== undefined && { level }),
    data: spanOf(given.get('data')),
  };
  const rule = await plainRuleOf(io, network, typed, (condition) => `--except ${condition}`);
  return { ...rule, period: periodOf(io, given) };
}

/** `2024-01..2026-12`, or one month. */
function spanOf(text: string | undefined): readonly [string | undefined, string | undefined] {
  const [from, until = from] = text?.split('..') ?? [];
  return [from, until];
}

function periodOf(io: Io, given: ReadonlyMap<string, string>): PlainException['period'] {
  const [from, until] = [given.get('from'), given.get('until')];
  if (from === undefined && until === undefined) return null;
  if (until === undefined) throw usage('--except from goes with until');
  const now = io.now();
  const period = {
    from: from === undefined ? now : timeOf(from, '--except from', now),
    until: timeOf(until, '--except until', now),
  };
  if (period.until <= period.from) throw usage('--except until must lie after from');
  return period;
}

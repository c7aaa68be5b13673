// Owns: the options that say what a consent permits or denies, as the consent in words. Does not own: who signs it
// (setup/acting.ts), the terms of a data-use agreement (setup/agreement-files.ts).
import { CLINICIAN_ROLES, CONFIDENTIALITY_LEVELS } from '@consilium/core';
import {
  labelException,
  type PlainConsent,
  type PlainException,
  type PlainRule,
  PURPOSES,
  unrelatedLabels,
} from '@consilium/sdk';
import type { Command } from 'commander';
import { exceptionOf, plainRuleOf } from './consent-exceptions.ts';
import type { Io } from './io.ts';
import type { Network } from './setup/network.ts';
import { collect, timeOf, usage } from './usage.ts';

export interface ConsentOptions {
  readonly deny?: boolean;
  readonly to?: readonly string[];
  readonly role?: readonly string[];
  readonly group?: readonly string[];
  readonly everybody?: boolean;
  readonly purpose?: readonly string[];
  readonly category?: readonly string[];
  readonly permit?: readonly string[];
  readonly exclude?: readonly string[];
  readonly confidentiality?: string;
  readonly record?: readonly string[];
  readonly author?: readonly string[];
  readonly dataFrom?: string;
  readonly dataTo?: string;
  readonly except?: readonly string[];
  readonly from?: string;
  readonly until: string;
  readonly separateAuthorization?: boolean;
  readonly agreement?: string;
}

export function addConsentOptions(command: Command): Command {
  return command
    .option('--to <name|id>', 'who may see: a hospital, a clinician by key name, or an account id', collect)
    .option('--role <role>', `or everybody in a role: ${CLINICIAN_ROLES.join(', ')}`, collect)
    .option('--group <institution/nr>', 'or a group that an institution has named', collect)
    .option('--everybody', 'or whoever asks for this purpose')
    .option('--deny', 'the other way: who may not see; without --to nobody may')
    .option('--purpose <code>', `${PURPOSES.join(', ')} (default: TREAT; with --deny any)`, collect)
    .option('--category <name>', 'only these categories of records (default: all)', collect)
    .option('--permit <label>', 'sensitivity labels that may be seen although sensitive', collect)
    .option('--exclude <label>', 'sensitivity labels that may not be seen', collect)
    .option(
      '--confidentiality <level>',
      `up to this level, with --deny from it on: ${CONFIDENTIALITY_LEVELS.join(', ')}, any (default: N; with --deny any)`,
    )
    .option('--record <id>', 'only this record, in every version', collect)
    .option('--author <name|id>', 'only what this institution keeps or this account wrote', collect)
    .option('--data-from <yyyy-mm>', 'only records of this month or later; with --data-to')
    .option('--data-to <yyyy-mm>', 'only records of this month or earlier')
    .option(
      '--except <conditions>',
      "the other way for these: 'label=PSY to=keller data=2024-01..2025-12'",
      collect,
    )
    .option('--from <time>', 'from when on (default: now)')
    .option('--until <time>', 'until when: 2027-05-31 (ends as that day begins, UTC), a time, or 90d', '365d')
    .option('--separate-authorization', 'of psychotherapy notes, and of nothing else');
}

/** Without the agreement, whose terms have to be accepted first. */
export async function plainConsentOf(
  io: Io,
  network: Network,
  options: ConsentOptions,
): Promise<PlainConsent> {
  const deny = options.deny === true;
  const now = io.now();
  const from = options.from === undefined ? now : timeOf(options.from, '--from', now);
  const until = timeOf(options.until, '--until', now);
  if (until <= from) throw usage('--until must lie after --from');
  checkWhom(options, deny);
  const rule = await rootOf(io, network, options);
  const exceptions: PlainException[] = [];
  for (const text of options.except ?? []) exceptions.push(await exceptionOf(io, network, text));
  return {
    decision: deny ? 'deny' : 'permit',
    period: { from, until },
    rule,
    exceptions: [...(await labelExceptions(io, network, options, rule)), ...exceptions],
    separateAuthorization: options.separateAuthorization === true,
    agreement: null,
  };
}

/** A permit for everybody is said, not forgotten. */
function checkWhom(
  { to, role, group, everybody, agreement, separateAuthorization }: ConsentOptions,
  deny: boolean,
): void {
  const named = [to, role, group].some((words) => words !== undefined);
  if (!named && !deny && everybody !== true)
    throw usage('say who may see: --to, --role, --group, or --everybody');
  if (named && everybody === true) throw usage('give --everybody, or who it is, not both');
  if (deny && (agreement !== undefined || separateAuthorization === true))
    throw usage('an agreement or a separate authorization permits: not with --deny');
}

async function rootOf(io: Io, network: Network, options: ConsentOptions): Promise<PlainRule> {
  const { deny, separateAuthorization, dataFrom, dataTo, confidentiality } = options;
  const labels = deny === true ? options.exclude : options.permit;
  const free = deny === true || separateAuthorization === true;
  const level = confidentiality ?? (free ? 'any' : 'N');
  const purpose = options.purpose ?? purposeWhenNone(options);
  return plainRuleOf(
    io,
    network,
    {
      ...options,
      ...(purpose !== undefined && { purpose }),
      label: labels ?? (separateAuthorization === true ? ['PSYTHPN'] : []),
      ...(level !== 'any' && { level }),
      data: [dataFrom, dataTo],
    },
    optionName,
  );
}

function purposeWhenNone({ deny, agreement }: ConsentOptions): readonly string[] | undefined {
  if (deny === true) return undefined;
  return [agreement === undefined ? 'TREAT' : 'HRESCH'];
}

const OPTION_NAMES: Readonly<Record<string, string>> = {
  data: '--data-from, --data-to',
  label: '--permit, --exclude',
  level: '--confidentiality',
};

function optionName(condition: string): string {
  return OPTION_NAMES[condition] ?? `--${condition}`;
}

/** A record with a permitted label and another one must not open because of the first. */
async function labelExceptions(
  io: Io,
  network: Network,
  { deny, permit, exclude, separateAuthorization }: ConsentOptions,
  root: PlainRule,
): Promise<readonly PlainException[]> {
  const turned = deny === true ? permit : exclude;
  const { labels } = await plainRuleOf(io, network, { label: turned ?? [] }, optionName);
  const whole = deny === true || separateAuthorization === true;
  return labelException([...labels, ...(whole ? [] : unrelatedLabels(root.labels))]);
}

/** Whether anything but times stands there: a consent from a file brings its own. */
export function isTyped(options: ConsentOptions): boolean {
  const { from: _from, until: _until, ...conditions } = options;
  const names = [
    'deny',
    'to',
    'role',
    'group',
    'everybody',
    'purpose',
    'category',
    'permit',
    'exclude',
  ] as const;
  const others = ['confidentiality', 'record', 'author', 'dataFrom', 'dataTo', 'except'] as const;
  return [...names, ...others].some((name) => conditions[name] !== undefined);
}

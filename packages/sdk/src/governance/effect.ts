// Owns: what a change would do: to the number of validators, of faulty ones borne and of votes needed; to single
// parameters. Pure. Does not own: the ledger's verdict on the change (core), how it is shown.
import { type ConsensusParams, faultyMax, type GovernedChange, type TimeoutParams } from '@consilium/core';
import type { GovernanceView } from './views.ts';

/** n, f, and the fewest votes that are more than two thirds of n. */
export interface SetFigures {
  readonly validators: number;
  readonly faulty: number;
  readonly quorum: number;
}

export function figuresOf(validators: number): SetFigures {
  return { validators, faulty: faultyMax(validators), quorum: Math.floor((2 * validators) / 3) + 1 };
}

export interface ChangeEffect {
  readonly before: SetFigures;
  /** Once the change has taken effect, and, for an admission, its node has joined. */
  readonly after: SetFigures;
  readonly params: readonly ParamDifference[];
}

/** Who is let in already and still catches up counts as one that will have joined by then. */
export function effectOf(
  { validators, learners, params }: GovernanceView,
  change: GovernedChange,
): ChangeEffect {
  const staying = validators.filter(({ standing }) => standing !== 'leaving');
  const now = staying.length;
  const counted = (id: string): boolean => [...staying, ...learners].some((each) => each.id === id);
  const isRemoval = change.type === 'remove' && counted(change.institution);
  const step = change.type === 'admit' ? 1 : isRemoval ? -1 : 0;
  return {
    before: figuresOf(now),
    after: figuresOf(now + learners.length + step),
    params: change.type === 'params' ? differences(params, change.params) : [],
  };
}

export interface ParamDifference {
  /** E.g. `propose.baseMs`. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** Each parameter by its name with a point, in one flat record. */
export function flatParams(params: ConsensusParams): Readonly<Record<string, number>> {
  const entries = Object.entries(params).flatMap(([name, value]: [string, number | TimeoutParams]) =>
    typeof value === 'number'
      ? [[name, value] as const]
      : Object.entries(value).map(([part, number]) => [`${name}.${part}`, number as number] as const),
  );
  return Object.fromEntries(entries);
}

function differences(before: ConsensusParams, after: ConsensusParams): readonly ParamDifference[] {
  const [old, fresh] = [flatParams(before), flatParams(after)];
  return Object.keys(fresh)
    .map((name) => ({ name, from: old[name] as number, to: fresh[name] as number }))
    .filter(({ from, to }) => from !== to);
}

/** The parameters with these values in place of theirs; undefined when a name is none. */
export function paramsWith(
  params: ConsensusParams,
  values: ReadonlyMap<string, number>,
): ConsensusParams | undefined {
  if ([...values.keys()].some((name) => !Object.hasOwn(flatParams(params), name))) return undefined;
  const at = (name: string, value: number | TimeoutParams): number | TimeoutParams =>
    typeof value === 'number'
      ? (values.get(name) ?? value)
      : (Object.fromEntries(
          Object.entries(value).map(([part, old]) => [part, values.get(`${name}.${part}`) ?? old]),
        ) as unknown as TimeoutParams);
  const entries = Object.entries(params).map(([name, value]) => [name, at(name, value)] as const);
  return Object.fromEntries(entries) as unknown as ConsensusParams;
}

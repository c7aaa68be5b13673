// Owns: what members report of proposers that leave out transactions though they wait and there is room, and what comes of
// it: a proposer that many see skip again and again proposes last for a while (docs/protocol.md, "Skips"). Does not own:
// whether a block skipped anything: each reports what its own node saw (node's mempool/skips.ts), and nobody can prove it.
import type { Hex32 } from '../bytes.ts';
import { hex32, type Shape, struct } from '../codec.ts';
import { ConsiliumError } from '../errors.ts';
import type { ConsensusParams } from '../genesis.ts';
import { SKIP_HEIGHTS_KEPT, SKIP_WINDOW_HEIGHTS } from '../limits.ts';
import { findValidator, isSupport, totalPower } from '../validators.ts';
import type { ActionContext, ActionDefinition, CheckContext } from './context.ts';
import { paramsAt } from './params.ts';
import { demoteReported, isDemoted } from './proposers.ts';
import { heightFrom0, type SkipReports } from './rows.ts';
import type { StateReader } from './state.ts';
import { deleteRow, readRow, writeRow } from './table.ts';
import { SKIP_REPORTS } from './tables.ts';
import { nextValidators } from './validator-sets.ts';

export interface InstitutionsReportSkipBody {
  /** The author of the block. */
  readonly proposer: Hex32;
  /** Of the block. */
  readonly height: number;
  /** Id of one transaction that it left out, for whoever asks the proposer why. */
  readonly transaction: Hex32;
}

const bodyShape: Shape<InstitutionsReportSkipBody> = struct<InstitutionsReportSkipBody>({
  proposer: hex32,
  height: heightFrom0,
  transaction: hex32,
});

/** Skips, rules 1 to 5. */
export const institutionsReportSkip: ActionDefinition<InstitutionsReportSkipBody> = {
  version: 1,
  senders: ['institution'],
  shape: bodyShape,
  check: (context, body) => {
    const rule = skipReportRefusal(context.state, context.sender, context.height, body);
    if (rule !== undefined) throw new ConsiliumError('REPORT_INVALID', { rule });
  },
  apply: (context, body) => {
    const { state, genesis, height } = context;
    const { proposer } = body;
    const reports = withReport(context, body);
    const params = paramsAt(state, genesis, height);
    if (isSeenByMany(state, reports, params) && demoteReported(state, params, height, proposer))
      deleteRow(state, SKIP_REPORTS, proposer);
    else writeRow(state, SKIP_REPORTS, [proposer], reports);
    return { id: proposer, index: null };
  },
};

/** Why the ledger does not take this report in block `height`; undefined: it does. Skips, rule 2. */
export function skipReportRefusal(
  reader: StateReader,
  sender: Hex32,
  height: number,
  { proposer, height: reported }: Pick<InstitutionsReportSkipBody, 'proposer' | 'height'>,
): string | undefined {
  const set = nextValidators(reader);
  if (findValidator(set, sender) === undefined) return 'the reporter is not in the set';
  if (findValidator(set, proposer) === undefined) return 'the proposer is not in the set';
  if (proposer === sender) return 'of itself';
  if (reported >= height || reported < height - SKIP_WINDOW_HEIGHTS) return 'height';
  const own = readRow(reader, SKIP_REPORTS, proposer)?.find(({ reporter }) => reporter === sender);
  if (reported <= (own?.heights.at(-1) ?? -1)) return 'reported before';
  return isDemoted(reader, proposer, height) ? 'demoted' : undefined;
}

/** Skips, rule 3: of each member the last blocks that it reported within the window. */
function withReport(
  { state, sender, height }: Pick<ActionContext & CheckContext, 'state' | 'sender' | 'height'>,
  { proposer, height: reported }: InstitutionsReportSkipBody,
): SkipReports {
  const set = nextValidators(state);
  const before = readRow(state, SKIP_REPORTS, proposer) ?? [];
  const own = before.find(({ reporter }) => reporter === sender)?.heights ?? [];
  return [
    ...before.filter(({ reporter }) => reporter !== sender),
    { reporter: sender, heights: [...own, reported] },
  ]
    .filter(({ reporter }) => findValidator(set, reporter) !== undefined)
    .map(({ reporter, heights }) => ({
      reporter,
      heights: heights.filter((each) => each >= height - SKIP_WINDOW_HEIGHTS).slice(-SKIP_HEIGHTS_KEPT),
    }))
    .filter(({ heights }) => heights.length > 0);
}

/** Skips, rule 4: more than a third of the power, each of whom saw as many skips as misses would demote. */
function isSeenByMany(
  reader: StateReader,
  reports: SkipReports,
  { demotionMisses }: ConsensusParams,
): boolean {
  const needed = Math.min(demotionMisses, SKIP_HEIGHTS_KEPT);
  const set = nextValidators(reader);
  const complaining = set.filter(({ id }) =>
    reports.some(({ reporter, heights }) => reporter === id && heights.length >= needed),
  );
  return isSupport(totalPower(complaining), totalPower(set));
}

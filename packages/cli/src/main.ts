// Owns: from the words of the command line to an exit code. Commands are one file each (commands/).
import { isConsiliumError } from '@consilium/core';
import { Command, CommanderError } from 'commander';
import { addNoun, type Register } from './command.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { type Io, processIo } from './io.ts';
import { refusalLine } from './print/refusal.ts';

type LoadVerb = () => Promise<Register>;

interface Noun {
  readonly name: string;
  readonly summary: string;
  /** Loaded when the noun is named: a daemon must not hold in memory what opens records, nor `status` libp2p. */
  readonly verbs: readonly LoadVerb[];
}

const NOUNS: readonly Noun[] = [
  {
    name: 'key',
    summary: 'keys and wallets on this machine',
    verbs: [
      async () => (await import('./commands/key-new.ts')).registerKeyNew,
      async () => (await import('./commands/key-show.ts')).registerKeyShow,
      async () => (await import('./commands/key-encrypt.ts')).registerKeyEncrypt,
      async () => (await import('./commands/key-decrypt.ts')).registerKeyDecrypt,
      async () => (await import('./commands/key-change-passphrase.ts')).registerKeyChangePassphrase,
    ],
  },
  {
    name: 'validator',
    summary: 'the hospitals that decide together',
    verbs: [
      async () => (await import('./commands/validator-request.ts')).registerValidatorRequest,
      async () => (await import('./commands/validator-list.ts')).registerValidatorList,
      async () => (await import('./commands/validator-propose.ts')).registerValidatorPropose,
      async () => (await import('./commands/validator-approve.ts')).registerValidatorApprove,
      async () => (await import('./commands/validator-remove.ts')).registerValidatorRemove,
      async () => (await import('./commands/validator-withdraw.ts')).registerValidatorWithdraw,
    ],
  },
  {
    name: 'patient',
    summary: 'patients and their pseudonyms',
    verbs: [
      async () => (await import('./commands/patient-enrol.ts')).registerPatientEnrol,
      async () => (await import('./commands/patient-history.ts')).registerPatientHistory,
    ],
  },
  {
    name: 'credential',
    summary: 'what institutions vouch for their clinicians',
    verbs: [
      async () => (await import('./commands/credential-issue.ts')).registerCredentialIssue,
      async () => (await import('./commands/credential-withdraw.ts')).registerCredentialWithdraw,
      async () => (await import('./commands/credential-list.ts')).registerCredentialList,
    ],
  },
  {
    name: 'consent',
    summary: 'what patients permit',
    verbs: [
      async () => (await import('./commands/consent-grant.ts')).registerConsentGrant,
      async () => (await import('./commands/consent-revoke.ts')).registerConsentRevoke,
      async () => (await import('./commands/consent-list.ts')).registerConsentList,
      async () => (await import('./commands/consent-explain.ts')).registerConsentExplain,
      async () => (await import('./commands/consent-what-if.ts')).registerConsentWhatIf,
      async () => (await import('./commands/consent-import.ts')).registerConsentImport,
      async () => (await import('./commands/consent-export.ts')).registerConsentExport,
      async () => (await import('./commands/consent-conformance.ts')).registerConsentConformance,
    ],
  },
  {
    name: 'delegate',
    summary: 'who acts for a patient: guardians and proxies',
    verbs: [
      async () => (await import('./commands/delegate-appoint.ts')).registerDelegateAppoint,
      async () => (await import('./commands/delegate-end.ts')).registerDelegateEnd,
      async () => (await import('./commands/delegate-list.ts')).registerDelegateList,
    ],
  },
  {
    name: 'group',
    summary: 'groups of clinicians that a consent may name',
    verbs: [
      async () => (await import('./commands/group-set.ts')).registerGroupSet,
      async () => (await import('./commands/group-list.ts')).registerGroupList,
    ],
  },
  {
    name: 'agreement',
    summary: 'data-use agreements of research and payers',
    verbs: [async () => (await import('./commands/agreement-list.ts')).registerAgreementList],
  },
  {
    name: 'record',
    summary: 'sealed records: registered here, opened by who may',
    verbs: [
      async () => (await import('./commands/record-add.ts')).registerRecordAdd,
      async () => (await import('./commands/record-list.ts')).registerRecordList,
      async () => (await import('./commands/record-show.ts')).registerRecordShow,
      async () => (await import('./commands/record-open.ts')).registerRecordOpen,
      async () => (await import('./commands/record-amend.ts')).registerRecordAmend,
      async () => (await import('./commands/record-retract.ts')).registerRecordRetract,
      async () => (await import('./commands/record-erase.ts')).registerRecordErase,
    ],
  },
  {
    name: 'erasure',
    summary: 'records that are erased, or that a patient wants erased',
    verbs: [
      async () => (await import('./commands/erasure-list.ts')).registerErasureList,
      async () => (await import('./commands/erasure-refuse.ts')).registerErasureRefuse,
      async () => (await import('./commands/erasure-receipt.ts')).registerErasureReceipt,
      async () => (await import('./commands/erasure-verify.ts')).registerErasureVerify,
    ],
  },
  {
    name: 'access',
    summary: 'who asked to open records, permitted or not',
    verbs: [
      async () => (await import('./commands/access-log.ts')).registerAccessLog,
      async () => (await import('./commands/access-export.ts')).registerAccessExport,
      async () => (await import('./commands/access-verify.ts')).registerAccessVerify,
    ],
  },
  {
    name: 'emergency',
    summary: 'breaking the glass, and who looks at it afterwards',
    verbs: [
      async () => (await import('./commands/emergency-open.ts')).registerEmergencyOpen,
      async () => (await import('./commands/emergency-sign.ts')).registerEmergencySign,
      async () => (await import('./commands/emergency-list.ts')).registerEmergencyList,
      async () => (await import('./commands/emergency-review.ts')).registerEmergencyReview,
      async () => (await import('./commands/emergency-reinstate.ts')).registerEmergencyReinstate,
      async () => (await import('./commands/emergency-notices.ts')).registerEmergencyNotices,
    ],
  },
  {
    name: 'audit',
    summary: "entries of an institution's own systems, many under one root",
    verbs: [
      async () => (await import('./commands/audit-add.ts')).registerAuditAdd,
      async () => (await import('./commands/audit-commit.ts')).registerAuditCommit,
      async () => (await import('./commands/audit-export.ts')).registerAuditExport,
      async () => (await import('./commands/audit-prove.ts')).registerAuditProve,
      async () => (await import('./commands/audit-verify.ts')).registerAuditVerify,
      async () => (await import('./commands/audit-check.ts')).registerAuditCheck,
      async () => (await import('./commands/audit-begin.ts')).registerAuditBegin,
    ],
  },
  {
    name: 'report',
    summary: 'what the laws want told, of a patient or an institution',
    verbs: [
      async () => (await import('./commands/report-accounting.ts')).registerReportAccounting,
      async () => (await import('./commands/report-access.ts')).registerReportAccess,
      async () => (await import('./commands/report-ehds.ts')).registerReportEhds,
      async () => (await import('./commands/report-copy.ts')).registerReportCopy,
      async () => (await import('./commands/report-processing.ts')).registerReportProcessing,
    ],
  },
  {
    name: 'anchor',
    summary: 'proofs of documents that stay where they are',
    verbs: [
      async () => (await import('./commands/anchor-add.ts')).registerAnchorAdd,
      async () => (await import('./commands/anchor-proof.ts')).registerAnchorProof,
      async () => (await import('./commands/anchor-verify.ts')).registerAnchorVerify,
    ],
  },
  {
    name: 'tx',
    summary: 'transactions',
    verbs: [async () => (await import('./commands/tx-show.ts')).registerTxShow],
  },
  {
    name: 'block',
    summary: 'blocks',
    verbs: [async () => (await import('./commands/block-show.ts')).registerBlockShow],
  },
  {
    name: 'genesis',
    summary: 'the founding document of a network',
    verbs: [
      async () => (await import('./commands/genesis-create.ts')).registerGenesisCreate,
      async () => (await import('./commands/genesis-show.ts')).registerGenesisShow,
    ],
  },
  {
    name: 'node',
    summary: 'the daemon of one hospital',
    verbs: [
      async () => (await import('./commands/node-init.ts')).registerNodeInit,
      async () => (await import('./commands/node-start.ts')).registerNodeStart,
      async () => (await import('./commands/node-signing.ts')).registerNodeSigning,
      async () => (await import('./commands/node-verify.ts')).registerNodeVerify,
      async () => (await import('./commands/node-prune.ts')).registerNodePrune,
      async () => (await import('./commands/node-backup.ts')).registerNodeBackup,
      async () => (await import('./commands/node-restore.ts')).registerNodeRestore,
      async () => (await import('./commands/node-repair.ts')).registerNodeRepair,
      async () => (await import('./commands/node-admin-log.ts')).registerNodeAdminLog,
      async () => (await import('./commands/node-snapshot.ts')).registerNodeSnapshot,
    ],
  },
  {
    name: 'signer',
    summary: "the process that holds a validator's key for its node",
    verbs: [
      async () => (await import('./commands/signer-init.ts')).registerSignerInit,
      async () => (await import('./commands/signer-start.ts')).registerSignerStart,
    ],
  },
  {
    name: 'config',
    summary: 'the settings of a node',
    verbs: [
      async () => (await import('./commands/config-validate.ts')).registerConfigValidate,
      async () => (await import('./commands/config-show.ts')).registerConfigShow,
    ],
  },
  {
    name: 'token',
    summary: 'who may use the API of a node, and in which role',
    verbs: [
      async () => (await import('./commands/token-add.ts')).registerTokenAdd,
      async () => (await import('./commands/token-list.ts')).registerTokenList,
      async () => (await import('./commands/token-remove.ts')).registerTokenRemove,
    ],
  },
  {
    name: 'devnet',
    summary: 'a network of hospitals on this machine, to develop and test against',
    verbs: [
      async () => (await import('./commands/devnet-up.ts')).registerDevnetUp,
      async () => (await import('./commands/devnet-status.ts')).registerDevnetStatus,
      async () => (await import('./commands/devnet-watch.ts')).registerDevnetWatch,
      async () => (await import('./commands/devnet-env.ts')).registerDevnetEnv,
      async () => (await import('./commands/devnet-logs.ts')).registerDevnetLogs,
      async () => (await import('./commands/devnet-node.ts')).registerDevnetNode,
      async () => (await import('./commands/devnet-down.ts')).registerDevnetDown,
      async () => (await import('./commands/devnet-reset.ts')).registerDevnetReset,
    ],
  },
  {
    name: 'chaos',
    summary: 'break a network on purpose, and get a verdict',
    verbs: [
      async () => (await import('./commands/chaos-list-faults.ts')).registerChaosListFaults,
      async () => (await import('./commands/chaos-run.ts')).registerChaosRun,
      async () => (await import('./commands/chaos-swarm.ts')).registerChaosSwarm,
      async () => (await import('./commands/chaos-random.ts')).registerChaosRandom,
      async () => (await import('./commands/chaos-heal.ts')).registerChaosHeal,
      async () => (await import('./commands/chaos-replay.ts')).registerChaosReplay,
      async () => (await import('./commands/chaos-shrink.ts')).registerChaosShrink,
      async () => (await import('./commands/chaos-report.ts')).registerChaosReport,
      async () => (await import('./commands/chaos-selftest.ts')).registerChaosSelftest,
    ],
  },
];

/** Commands that are a noun alone. */
const PLAIN: readonly LoadVerb[] = [
  async () => (await import('./commands/status.ts')).registerStatus,
  async () => (await import('./commands/version.ts')).registerVersion,
  async () => (await import('./commands/why.ts')).registerWhy,
  async () => (await import('./commands/doctor.ts')).registerDoctor,
];

/** Runs one command; gives its exit code. */
export async function run(given: string[], io: Io = processIo()): Promise<number> {
  const argv = given[0] === '--version' ? ['version', ...given.slice(1)] : given;
  let exitCode: number = EXIT.ok;
  const ended = (code: number): void => {
    exitCode = code;
  };
  try {
    const program = await createProgram(io, ended, argv);
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return refused(io, error);
  }
}

/** The program with the verbs of the noun that these words name; with all of them for those who list commands. */
export async function createProgram(
  io: Io,
  ended: (exitCode: number) => void,
  argv?: readonly string[],
): Promise<Command> {
  const program = new Command('consilium')
    .description(
      'The ledger that hospitals run together: who is who, what exists, who may see it, who looked.',
    )
    .usage('<noun> <verb> [options]')
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      outputError: (text, write) => write(oneLine(text)),
    })
    .addHelpText(
      'after',
      "\nExample:\n  npx consilium status\n\nOne's own node: status --home DIR, why, doctor. For operators: docs/operate.md\n",
    );
  const named = argv?.find((word) => NOUNS.some(({ name }) => name === word));
  if (argv === undefined || named === undefined)
    for (const load of PLAIN) (await load())({ io, noun: program, ended });
  for (const { name, summary, verbs } of NOUNS) {
    const noun = addNoun(program, name, summary);
    if (argv !== undefined && name !== named) continue;
    for (const load of verbs) (await load())({ io, noun, ended });
  }
  return program;
}

/** commander's own refusals, in the form of ours. */
function oneLine(text: string): string {
  return `USAGE_INVALID: ${text
    .replace(/^error: /, '')
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')}; see --help\n`;
}

function refused(io: Io, error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (!isConsiliumError(error)) throw error;
  io.err(`${refusalLine(error)}\n`);
  return exitCodeOf(error.code);
}

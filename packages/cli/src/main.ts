// Owns: from the words of the command line to an exit code. Commands are one file each (commands/).
import { isConsiliumError } from '@consilium/sdk';
import { Command, CommanderError } from 'commander';
import { addNoun, type Register } from './command.ts';
import { registerAccessExport } from './commands/access-export.ts';
import { registerAccessLog } from './commands/access-log.ts';
import { registerAccessVerify } from './commands/access-verify.ts';
import { registerAnchorAdd } from './commands/anchor-add.ts';
import { registerAnchorProof } from './commands/anchor-proof.ts';
import { registerAnchorVerify } from './commands/anchor-verify.ts';
import { registerBlockShow } from './commands/block-show.ts';
import { registerConsentExplain } from './commands/consent-explain.ts';
import { registerConsentGrant } from './commands/consent-grant.ts';
import { registerConsentList } from './commands/consent-list.ts';
import { registerConsentRevoke } from './commands/consent-revoke.ts';
import { registerCredentialIssue } from './commands/credential-issue.ts';
import { registerCredentialList } from './commands/credential-list.ts';
import { registerCredentialWithdraw } from './commands/credential-withdraw.ts';
import { registerDevnetDown } from './commands/devnet-down.ts';
import { registerDevnetEnv } from './commands/devnet-env.ts';
import { registerDevnetLogs } from './commands/devnet-logs.ts';
import { registerDevnetNode } from './commands/devnet-node.ts';
import { registerDevnetReset } from './commands/devnet-reset.ts';
import { registerDevnetStatus } from './commands/devnet-status.ts';
import { registerDevnetUp } from './commands/devnet-up.ts';
import { registerDevnetWatch } from './commands/devnet-watch.ts';
import { registerGenesisCreate } from './commands/genesis-create.ts';
import { registerGenesisShow } from './commands/genesis-show.ts';
import { registerKeyNew } from './commands/key-new.ts';
import { registerKeyShow } from './commands/key-show.ts';
import { registerNodeInit } from './commands/node-init.ts';
import { registerNodeStart } from './commands/node-start.ts';
import { registerPatientEnrol } from './commands/patient-enrol.ts';
import { registerPatientHistory } from './commands/patient-history.ts';
import { registerRecordAdd } from './commands/record-add.ts';
import { registerRecordAmend } from './commands/record-amend.ts';
import { registerRecordList } from './commands/record-list.ts';
import { registerRecordOpen } from './commands/record-open.ts';
import { registerRecordRetract } from './commands/record-retract.ts';
import { registerRecordShow } from './commands/record-show.ts';
import { registerStatus } from './commands/status.ts';
import { registerTxShow } from './commands/tx-show.ts';
import { registerValidatorApprove } from './commands/validator-approve.ts';
import { registerValidatorList } from './commands/validator-list.ts';
import { registerValidatorPropose } from './commands/validator-propose.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { type Io, processIo } from './io.ts';
import { refusalLine } from './print/refusal.ts';

interface Noun {
  readonly name: string;
  readonly summary: string;
  readonly verbs: readonly Register[];
}

const NOUNS: readonly Noun[] = [
  { name: 'key', summary: 'keys and wallets on this machine', verbs: [registerKeyNew, registerKeyShow] },
  {
    name: 'validator',
    summary: 'the hospitals that decide together',
    verbs: [registerValidatorList, registerValidatorPropose, registerValidatorApprove],
  },
  {
    name: 'patient',
    summary: 'patients and their pseudonyms',
    verbs: [registerPatientEnrol, registerPatientHistory],
  },
  {
    name: 'credential',
    summary: 'what institutions vouch for their clinicians',
    verbs: [registerCredentialIssue, registerCredentialWithdraw, registerCredentialList],
  },
  {
    name: 'consent',
    summary: 'what patients permit',
    verbs: [registerConsentGrant, registerConsentRevoke, registerConsentList, registerConsentExplain],
  },
  {
    name: 'record',
    summary: 'sealed records: registered here, opened by who may',
    verbs: [
      registerRecordAdd,
      registerRecordList,
      registerRecordShow,
      registerRecordOpen,
      registerRecordAmend,
      registerRecordRetract,
    ],
  },
  {
    name: 'access',
    summary: 'who asked to open records, permitted or not',
    verbs: [registerAccessLog, registerAccessExport, registerAccessVerify],
  },
  {
    name: 'anchor',
    summary: 'proofs of documents that stay where they are',
    verbs: [registerAnchorAdd, registerAnchorProof, registerAnchorVerify],
  },
  { name: 'tx', summary: 'transactions', verbs: [registerTxShow] },
  { name: 'block', summary: 'blocks', verbs: [registerBlockShow] },
  {
    name: 'genesis',
    summary: 'the founding document of a network',
    verbs: [registerGenesisCreate, registerGenesisShow],
  },
  { name: 'node', summary: 'the daemon of one hospital', verbs: [registerNodeInit, registerNodeStart] },
  {
    name: 'devnet',
    summary: 'a network of hospitals on this machine, to develop and test against',
    verbs: [
      registerDevnetUp,
      registerDevnetStatus,
      registerDevnetWatch,
      registerDevnetEnv,
      registerDevnetLogs,
      registerDevnetNode,
      registerDevnetDown,
      registerDevnetReset,
    ],
  },
];

/** Commands that are a noun alone. */
const PLAIN: readonly Register[] = [registerStatus];

/** Runs one command; gives its exit code. */
export async function run(argv: string[], io: Io = processIo()): Promise<number> {
  let exitCode: number = EXIT.ok;
  const ended = (code: number): void => {
    exitCode = code;
  };
  const program = createProgram(io, ended);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return refused(io, error);
  }
}

/** All commands, for those who list them. */
export function createProgram(io: Io, ended: (exitCode: number) => void): Command {
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
    .addHelpText('after', '\nExample:\n  npx consilium status\n');
  for (const register of PLAIN) register({ io, noun: program, ended });
  for (const { name, summary, verbs } of NOUNS) {
    const noun = addNoun(program, name, summary);
    for (const register of verbs) register({ io, noun, ended });
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

// Owns: `audit add`: takes entries of the institution's own systems into its store. It asks no node: what a hospital's
// systems saw is kept also while the network is away.
import {
  ConsiliumError,
  isConsiliumError,
  parseEntryInput,
  systemRandom,
  type WaitingEntry,
} from '@consilium/sdk';
import { type AuditStore, openAuditAdder } from '@consilium/sdk/node';
import { addCommand, type Register } from '../command.ts';
import { AUDIT_INPUT_LENGTH_MAX } from '../limits.ts';
import { fields } from '../print/text.ts';
import {
  addPatientNamesOption,
  addStoreOption,
  auditStoreOrNew,
  type PatientNamesOption,
  pseudonymsOf,
  type StoreOptions,
} from '../setup/audit-store.ts';
import { findDevnet } from '../setup/devnet-file.ts';
import { pathOf } from '../setup/files.ts';
import { addSigningOption } from '../setup/identity.ts';
import { type InputLine, linesOfFile, linesOfInput } from '../setup/input-lines.ts';

interface Options extends StoreOptions, PatientNamesOption {
  readonly dir?: string;
}

type Parse = (line: InputLine) => WaitingEntry;
type Lines = AsyncIterable<readonly InputLine[]>;

export const registerAuditAdd: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'add <file>',
      summary:
        "take entries of the institution's own systems into its store, one JSON object a line; - for standard input",
      examples: [
        'npx consilium audit add ehr.ndjson --as inselspital',
        'tail -F ehr.ndjson | npx consilium audit add - --as inselspital',
      ],
    },
    (command) =>
      addPatientNamesOption(
        addStoreOption(
          addSigningOption(
            command
              .option(
                '--genesis <file>',
                'genesis of the network, when the store is made (else CONSILIUM_GENESIS)',
              )
              .option('--dir <folder>', 'folder of the devnet that is meant'),
            'the institution; it is only read, and only without --store',
          ),
        ),
      ),
    async ([file = ''], options) => {
      const { io } = place;
      const store = await auditStoreOrNew(io, options, await findDevnet(io, options.dir));
      const parse = await parserOf(store, await pseudonymsOf(io, options));
      const path = pathOf(io, file);
      // Of a file all lines are looked at first: it is taken as a whole, or not at all.
      if (file !== '-')
        for await (const lines of linesOfFile(path, AUDIT_INPUT_LENGTH_MAX)) lines.forEach(parse);
      const { added, known, total, tornBytes } = await takeIn(
        store,
        file === '-' ? linesOfInput(io, AUDIT_INPUT_LENGTH_MAX) : linesOfFile(path, AUDIT_INPUT_LENGTH_MAX),
        parse,
      );
      if (tornBytes > 0)
        io.err(
          `${tornBytes} bytes that a process that died had not wholly written were cut off; nobody was told of them\n`,
        );
      return {
        data: { store: store.folder, added, known, total, tornBytes },
        lines: fields([
          ['added', added],
          ['known before', known],
          ['in all', total],
          ['store', store.folder],
        ]),
      };
    },
  );

async function parserOf(
  { actorSecret }: AuditStore,
  pseudonymOf: (local: string) => string | undefined,
): Promise<Parse> {
  const deps = { actorSecret, random: systemRandom, pseudonymOf };
  return ({ number, text }) => {
    try {
      return parseEntryInput(text, deps);
    } catch (error) {
      if (!isConsiliumError(error)) throw error;
      throw new ConsiliumError(
        error.code,
        { ...error.data, line: number },
        `line ${number}: ${error.message}`,
      );
    }
  };
}

interface Taken {
  readonly added: number;
  /** That came before, by their ids. */
  readonly known: number;
  readonly total: number;
  readonly tornBytes: number;
}

/** Portion by portion, each durable before the next is read. What came before a bad line stays, and is said. */
async function takeIn(store: AuditStore, portions: Lines, parse: Parse): Promise<Taken> {
  await using adder = await openAuditAdder(store);
  const entries: WaitingEntry[] = [];
  let added = 0;
  let known = 0;
  const addAll = async (): Promise<void> => {
    const taken = entries.splice(0);
    const fresh = await adder.add(taken);
    added += fresh;
    known += taken.length - fresh;
  };
  try {
    for await (const lines of portions) {
      for (const line of lines) entries.push(parse(line));
      await addAll();
    }
  } catch (error) {
    if (!isConsiliumError(error, 'VALUE_INVALID') && !isConsiliumError(error, 'FILE_INVALID')) throw error;
    await addAll();
    throw new ConsiliumError(error.code, { ...error.data, added, known }, error.message);
  }
  return { added, known, total: adder.total(), tornBytes: adder.tornBytes };
}

// Owns: `emergency list`: the worklist of a privacy officer, with the proof that nothing is left out, and whose privilege is
// suspended.
import {
  EMERGENCY_STATES,
  type EmergencyPrivilege,
  type EmergencyView,
  type Hex32,
  readPrivilege,
} from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import type { Io } from '../io.ts';
import { type WholeList, wholeList } from '../listing.ts';
import { asOfLine, table, time } from '../print/text.ts';
import { addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { institutionIdOf } from '../setup/names.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { institutionOfAccount } from '../setup/writer.ts';
import { integerOf, oneOf, usage } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions {
  readonly state?: string;
  readonly from?: string;
}

export const registerEmergencyList: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'list [institution]',
      summary:
        'list the emergencies of an institution: what waits for its review, what is overdue, what was found',
      examples: [
        'npx consilium emergency list --state open --as officer',
        'npx consilium emergency list Inselspital --json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          command
            .option('--state <state>', `only those: ${EMERGENCY_STATES.join(', ')}`)
            .option('--from <nr>', 'from this number on (default: 0)'),
          'somebody of the institution; nothing is signed',
        ),
      ),
    ([named], options) =>
      withNetwork(place.io, options, async (network) => {
        const only =
          options.state === undefined ? undefined : oneOf(EMERGENCY_STATES, options.state, '--state');
        const from = options.from === undefined ? 0 : integerOf(options.from, '--from');
        const institution = await institutionOf(place.io, network, named, options);
        const list = await wholeList((part) => network.client.emergencies(institution, part), {
          ...network.read,
          from,
        });
        const items = list.items.filter(({ state }) => only === undefined || state === only);
        const suspended = await suspendedOf(network, list.items);
        return shown(institution, { ...list, items }, suspended);
      }),
  );

async function institutionOf(
  io: Io,
  network: Network,
  named: string | undefined,
  options: Options,
): Promise<Hex32> {
  if (named !== undefined) return institutionIdOf(network, named);
  const identity = await identityOf(io, options, network.devnet);
  if (identity.type === 'wallet') throw usage('say of which institution');
  return institutionOfAccount(network, identity.file.account);
}

/** Of those who stand in the list. */
async function suspendedOf(
  { client, read }: Network,
  items: readonly EmergencyView[],
): Promise<readonly EmergencyPrivilege[]> {
  const clinicians = [...new Set(items.map(({ clinician }) => clinician))];
  if (clinicians.length === 0) return [];
  const { value } = await client.read(
    (state, asOf) => clinicians.map((clinician) => readPrivilege(state, asOf, clinician)),
    read,
  );
  return value.filter(({ suspended }) => suspended);
}

function shown(
  institution: Hex32,
  { items, asOf }: WholeList<EmergencyView>,
  suspended: readonly EmergencyPrivilege[],
): Result {
  return {
    data: { asOf, institution, emergencies: items, suspended },
    lines: [
      ...table([
        ['NR', 'STATE', 'OPENED', 'DUE', 'CLINICIAN', 'PATIENT', 'ENTRY', 'REASON', 'SECOND'],
        ...items.map((row) => [
          String(row.index),
          row.review === null ? row.state : row.review.verdict,
          time(row.time),
          time(row.due),
          row.clinician,
          row.patient,
          String(row.access),
          row.reason,
          row.second ?? '-',
        ]),
      ]),
      ...suspended.map(
        ({ clinician, overdue }) =>
          `suspended: ${clinician}, ${overdue.length === 0 ? 'found unjustified' : `overdue: ${overdue.join(' ')}`}`,
      ),
      asOfLine(asOf),
    ],
  };
}

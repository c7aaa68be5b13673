// Owns: `emergency notices`: tells a patient of every time the glass was broken, since the last look and from now on.
import {
  type EmergencyNotice,
  type Enrolment,
  emergencyNotices,
  followEmergencies,
  type Hex32,
} from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import type { Io } from '../io.ts';
import { plural, printable } from '../print/text.ts';
import { createEnding } from '../setup/ending.ts';
import { enrolmentsOf } from '../setup/enrolments.ts';
import { addSigningOption, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type Network, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { noticesPath, readPlaces, writePlaces } from '../setup/notices-file.ts';
import { addAtOption } from '../setup/subject.ts';

interface Options extends NetworkOptions, SigningOptions {
  readonly at?: string;
  readonly all?: boolean;
  readonly follow?: boolean;
  readonly json?: boolean;
}

export const registerEmergencyNotices: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'notices',
      summary:
        'tell a patient who broke the glass, since the last look, with the proof that nothing is left out',
      examples: [
        'npx consilium emergency notices --as anna.json',
        'npx consilium emergency notices --follow --as anna.json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          addAtOption(command)
            .option('--all', 'from the first one on')
            .option('--follow', 'go on as they happen, until Ctrl-C (--json: an object each)'),
          "the patient's wallet; nothing is signed",
        ),
      ),
    (_args, options) =>
      withNetwork(place.io, options, async (network) => {
        const enrolments = await enrolmentsOf(place.io, network, options);
        const path = noticesPath(place.io, network);
        const places = new Map(await readPlaces(place.io, path));
        if (options.all === true) for (const { account } of enrolments) places.set(account, 0);
        if (options.follow === true) await follow(place.io, network, enrolments, places, options);
        else tell(place.io, await look(network, enrolments, places), options);
        // What was not printed was not looked at.
        await writePlaces(path, places);
        return { data: undefined, lines: [] };
      }),
  );

/** One at a time: no request tells a node that two pseudonyms are of one person. */
async function look(
  { client, read }: Network,
  enrolments: readonly Enrolment[],
  places: Map<Hex32, number>,
): Promise<readonly EmergencyNotice[]> {
  const all: EmergencyNotice[] = [];
  for (const { account } of enrolments) {
    const { notices, next } = await emergencyNotices(client, account, places.get(account) ?? 0, read);
    all.push(...notices);
    places.set(account, next);
  }
  return all.sort((a, b) => a.time - b.time || a.height - b.height);
}

async function follow(
  io: Io,
  network: Network,
  enrolments: readonly Enrolment[],
  places: Map<Hex32, number>,
  { json }: Options,
): Promise<void> {
  const path = noticesPath(io, network);
  const from = enrolments.map(({ account }) => ({ account, from: places.get(account) ?? 0 }));
  const ending = createEnding();
  try {
    for await (const { patient, notices, next } of followEmergencies(network.client, from, ending)) {
      for (const notice of notices)
        io.out(`${json === true ? JSON.stringify(notice) : printable(notice.sentence)}\n`);
      places.set(patient, next);
      await writePlaces(path, places);
    }
  } finally {
    ending.release();
  }
}

function tell(io: Io, notices: readonly EmergencyNotice[], { json }: Options): void {
  const count =
    notices.length === 0 ? 'nobody broke the glass since the last look' : plural(notices.length, 'notice');
  const lines = [...notices.map(({ sentence }) => printable(sentence)), count];
  io.out(`${json === true ? JSON.stringify({ notices }) : lines.join('\n')}\n`);
}

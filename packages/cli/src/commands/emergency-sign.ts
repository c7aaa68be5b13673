// Owns: `emergency sign`: a second clinician's word, on an own machine, that a reader needs more than the emergency dataset.
import { formatOpinion, giveSecondOpinion } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { fields, time } from '../print/text.ts';
import { pathOf, SECRET_MODE, writeWhole } from '../setup/files.ts';
import { accountSigner, addSigningOption, identityOf, type SigningOptions } from '../setup/identity.ts';
import { namesOf } from '../setup/names.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { readOpinion } from '../setup/opinion-file.ts';

interface Options extends NetworkOptions, SigningOptions {
  readonly out?: string;
}

export const registerEmergencySign: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'sign <file>',
      summary:
        'as a second clinician, sign that more than the emergency dataset is needed: holds for half an hour',
      examples: ['npx consilium emergency sign more.json --as brunner'],
    },
    (command) =>
      addNetworkOptions(
        addSigningOption(
          command.option('--out <file>', 'write the signed file there (default: in place of the one read)'),
          'the second clinician; who asks cannot be the same',
        ),
      ),
    ([file = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const identity = await identityOf(place.io, options, network.devnet);
        const signer = accountSigner(identity, 'the second clinician');
        const asked = await readOpinion(place.io, network, file);
        const names = await namesOf(network, [asked.reader]);
        const signed = giveSecondOpinion(asked, signer, place.io.now());
        const path = pathOf(place.io, options.out ?? file);
        await writeWhole(path, formatOpinion(signed), SECRET_MODE);
        const { patient, reader, reason, second } = signed;
        const until = second?.until ?? 0;
        return {
          data: { file: path, patient, reader, reason, second: signer.account, until },
          lines: [
            ...fields([
              ['file', path],
              ['patient', patient],
              ['reader', names(reader) ?? reader],
              ['reason', reason],
              ['until', time(until)],
            ]),
            'your name stands with this emergency: in the log of the patient and before the privacy officer',
          ],
        };
      }),
  );

// Owns: `erasure refuse`: the institution says why records that a patient wants erased stay.
import { REFUSAL_GROUNDS, refuseErasure } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { addSigningOption } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addSubjectOptions, type SubjectOptions, subjectOf } from '../setup/subject.ts';
import { writerOf } from '../setup/writer.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { integerOf, oneOf } from '../usage.ts';

interface Options extends NetworkOptions, SubjectOptions, SubmitTimeout {
  readonly ground: string;
}

export const registerErasureRefuse: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'refuse <request>',
      summary: 'refuse to erase, with the ground that the law gives; by the number in `erasure list`',
      examples: [
        'npx consilium erasure refuse 0 --patient MRN-0815 --ground legal-obligation --as inselspital',
      ],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(
            addSubjectOptions(command.requiredOption('--ground <code>', REFUSAL_GROUNDS.join(', '))),
            'the institution, or of one of its clinicians',
          ),
        ),
      ),
    ([given = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const request = integerOf(given, 'REQUEST');
        const ground = oneOf(REFUSAL_GROUNDS, options.ground, '--ground');
        const { account: patient } = await subjectOf(place.io, network, options);
        const { signer } = await writerOf(place.io, network, options);
        const action = refuseErasure(patient, request, ground);
        const tx = await submitted(place.io, network, [action], signer, options);
        return {
          data: { ...summaryOf(tx), patient, request, ground },
          lines: [committedLine(tx), 'the patient sees the refusal and its ground'],
        };
      }),
  );

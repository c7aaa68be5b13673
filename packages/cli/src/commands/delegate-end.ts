// Owns: `delegate end`: by the patient, by the delegate, or by who appointed; with the commit the delegate does nothing more.
import { endDelegation } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { type ActingOptions, actingOf, addActingOptions } from '../setup/acting.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { integerOf } from '../usage.ts';

interface Options extends NetworkOptions, ActingOptions, SubmitTimeout {}

export const registerDelegateEnd: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'end <delegation>',
      summary: 'end a delegation by its number in the list; --for by the delegate or by who appointed',
      examples: [
        'npx consilium delegate end 0 --as anna.json',
        'npx consilium delegate end 0 --for PATIENT_ACCOUNT --as inselspital',
      ],
    },
    (command) => addTimeoutOption(addNetworkOptions(addActingOptions(command))),
    ([delegation = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const index = integerOf(delegation, 'DELEGATION');
        const { patient, signer } = await actingOf(place.io, network, options);
        const tx = await submitted(place.io, network, [endDelegation(patient, index)], signer, options);
        return {
          data: { ...summaryOf(tx), delegation: index, patient },
          lines: [committedLine(tx), 'what was granted by the delegate stands until it is revoked'],
        };
      }),
  );

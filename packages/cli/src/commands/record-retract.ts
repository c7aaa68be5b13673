// Owns: `record retract`: entered in error. It stays on the ledger, and nobody opens it any more.
import { retractRecord } from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { addSigningOption, type SigningOptions } from '../setup/identity.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { writerOf } from '../setup/writer.ts';
import { addTimeoutOption, committedLine, type SubmitTimeout, submitted, summaryOf } from '../submitting.ts';
import { hexIdOf } from '../usage.ts';

interface Options extends NetworkOptions, SigningOptions, SubmitTimeout {}

export const registerRecordRetract: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'retract <id>',
      summary: 'retract a record that was entered in error: it stays, and nobody opens it any more',
      examples: ['npx consilium record retract ID --as inselspital'],
    },
    (command) =>
      addTimeoutOption(
        addNetworkOptions(
          addSigningOption(command, 'the authoring institution, or of one of its clinicians'),
        ),
      ),
    ([id = ''], options) =>
      withNetwork(place.io, options, async (network) => {
        const record = hexIdOf(id, 'ID');
        const { signer } = await writerOf(place.io, network, options);
        const tx = await submitted(place.io, network, [retractRecord(record)], signer, options);
        return {
          data: { ...summaryOf(tx), record },
          lines: [committedLine(tx), 'what was opened before cannot be taken back'],
        };
      }),
  );

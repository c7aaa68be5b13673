// Owns: `genesis create`: the founding document from the cards that the hospitals handed out.
import { addCommand, type Register } from '../command.ts';
import { fields } from '../print/text.ts';
import { collect, timeOf, usage } from '../usage.ts';

interface Options {
  readonly chainId?: string;
  readonly validator?: readonly string[];
  readonly out?: string;
  readonly time?: string;
}

export const registerGenesisCreate: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'create [cards...]',
      summary:
        'write the genesis of a network; the same bytes on every machine, in whatever order the cards come',
      examples: [
        'npx consilium genesis create --chain-id lakeside-1 --validator a/validator.json b/validator.json c/validator.json d/validator.json --out genesis.json',
      ],
    },
    (command) =>
      command
        .option('--chain-id <id>', 'name of the network: lower-case letters, digits and hyphens')
        .option('--validator <file>', "a hospital's validator.json; further files may follow", collect)
        .option('--out <file>', 'where to write it')
        .option('--time <time>', 'earliest time of the first block (ISO 8601); all must give the same'),
    async (further, { chainId, validator, out, time }) => {
      if (chainId === undefined) throw usage('--chain-id is missing');
      if (out === undefined) throw usage('--out is missing');
      const cards = [...(validator ?? []), ...further];
      if (cards.length === 0) throw usage('--validator is missing: name the validator.json of each hospital');
      const { createGenesisFile, verifySodium } = await import('@consilium/node');
      const at = time === undefined ? {} : { time: timeOf(time, '--time', place.io.now()) };
      const summary = await createGenesisFile({ chainId, cards, out, ...at }, verifySodium);
      return {
        data: { file: out, ...summary },
        lines: fields([
          ['file', out],
          ['network', summary.chainId],
          ['hash', summary.hash],
          ['fingerprint', summary.fingerprint],
          ['hospitals', summary.validators.map((each) => each.name).join(', ')],
          ['may fail or lie', String(summary.faultyMax)],
        ]),
      };
    },
  );

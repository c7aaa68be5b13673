// Owns: `consent export`: a patient's consents as FHIR R4 Consents of IHE PCF's form. Does not own: that form (the fhir
// package).
import {
  type ConsentView,
  ConsiliumError,
  consentToFhir,
  ledgerReferencesOut,
  plainOfTerms,
} from '@consilium/sdk';
import { addCommand, type Register } from '../command.ts';
import { wholeList } from '../listing.ts';
import { asOfLine } from '../print/text.ts';
import { type Acting, type ActingOptions, actingOf, addActingOptions, mustTagKey } from '../setup/acting.ts';
import { pathOf, SECRET_MODE, writeNew } from '../setup/files.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { integerOf } from '../usage.ts';

interface Options extends NetworkOptions, ActingOptions {
  readonly out?: string;
}

export const registerConsentExport: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'export [consent]',
      summary: 'write consents as FHIR R4 Consents: the one with this number, or all in a Bundle',
      examples: [
        'npx consilium consent export 0 --as anna.json',
        'npx consilium consent export --out consents.json --as anna.json',
      ],
    },
    (command) =>
      addNetworkOptions(
        addActingOptions(command.option('--out <file>', 'write it there, in secret (default: stdout)')),
      ),
    ([consent], options) =>
      withNetwork(place.io, options, async (network) => {
        const index = consent === undefined ? undefined : integerOf(consent, 'CONSENT');
        const acting = await actingOf(place.io, network, options);
        const { consents } = network.client;
        const list = await wholeList((part) => consents(acting.patient, part), network.read);
        const resources = list.items
          .filter((each) => index === undefined || each.index === index)
          .map((each) => resourceOf(acting, each));
        const [only] = resources;
        if (index !== undefined && only === undefined) throw new ConsiliumError('CONSENT_NOT_FOUND');
        const exported = index === undefined ? bundleOf(resources) : only;
        const text = `${JSON.stringify(exported, null, 2)}\n`;
        if (options.out === undefined) return { data: exported, lines: text.trimEnd().split('\n') };
        const path = pathOf(place.io, options.out);
        await writeNew(path, text, SECRET_MODE);
        const { asOf } = list;
        return {
          data: { asOf, patient: acting.patient, consents: resources.length, file: path },
          lines: [`${resources.length} consents written to ${path}`, asOfLine(asOf)],
        };
      }),
  );

function resourceOf(acting: Acting, consent: ConsentView): object {
  const { account } = ledgerReferencesOut;
  const stands = consent.state === 'active' || consent.state === 'upcoming';
  return consentToFhir(plainOfTerms(consent, ledgerReferencesOut, mustTagKey(acting)), {
    patient: account(acting.patient),
    status: stands ? 'active' : 'inactive',
    given: new Date(consent.grantedTime).toISOString(),
    ...(consent.grantedBy !== acting.patient && { performer: account(consent.grantedBy) }),
  });
}

function bundleOf(resources: readonly object[]): object {
  return { resourceType: 'Bundle', type: 'collection', entry: resources.map((resource) => ({ resource })) };
}

// Run it beside a devnet: npx consilium devnet up --detach && npx node docs/examples/first-program.ts
import { readFileSync } from 'node:fs';
import * as sdk from '@consilium/sdk';

const read = (path: string): string => readFileSync(path, 'utf8');
const devnet = JSON.parse(read(`${process.argv[2] ?? 'devnet/run'}/devnet.json`));
const genesis = sdk.parseGenesis(read(devnet.genesis));
const client = sdk.createClient({ genesis, nodes: devnet.nodes.map((node: { api: string }) => node.api) });

// The patient's wallet makes a pseudonym for this hospital; the hospital opens the account.
const hospital = sdk.signerOf(sdk.parseKeyFile(read(devnet.nodes[0].accountKey)));
const random = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
const { wallet, enrolment } = sdk.addEnrolment(
  sdk.createWallet(random),
  client.genesisHash,
  hospital.account,
  random,
);
const sent = await client.submit([sdk.enrolPatient(sdk.enrolmentRequest(wallet, enrolment))], hospital);
if (sent.state !== 'committed' || sent.code !== 'OK') throw new Error(`not enrolled: ${sent.state}`);

// Every answer was checked against certificates and proofs from the genesis on before it gets here.
const { value, asOf } = await client.account(enrolment.account);
console.log(`height ${asOf.height}: ${value?.kind} ${enrolment.account.slice(0, 8)}, proven`);

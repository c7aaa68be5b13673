import { ACCOUNTS, type Hex32, isConsiliumError, secretKeyFromSeed } from '@consilium/core';
import {
  type Action,
  type AnchorSecrets,
  addEnrolment,
  type Client,
  commitAnchor,
  createAnchor,
  createWallet,
  enrolmentRequest,
  enrolPatient,
  grantConsent,
  issueCredential,
  noop,
  type ProvenTx,
  patientSigner,
  proposeRemoval,
  type Signer,
} from '@consilium/sdk';
import { expect, test } from 'vitest';
import { systemRandom } from '../../src/crypto/system-random.ts';
import { untilAllAt } from './support/asking.ts';
import { type Answer, createLyingProxy, type Lie } from './support/lying-proxy.ts';
import { createNetwork, type Network, type Validator } from './support/network.ts';
import { until } from './support/waiting.ts';

test('A lying node (changed value, missing key) is answered by `PROOF_INVALID` in the SDK, an old height by `STALE`, for each kind of query (real node).', async () => {
  await using network = await createNetwork();
  await network.start();
  const [north, east, south, west] = network.validators as [Validator, Validator, Validator, Validator];
  const known = await fillLedger(network, north);
  await untilAllAt(network.validators, known.height);

  await using proxy = await createLyingProxy(east.apiUrl);
  for (const { name, path, ask, lies } of questionsAbout(known)) {
    proxy.lie = () => undefined;
    expect(await codeOf(ask(network.client({ node: proxy.url }))), `${name}, honestly`).toBe('no refusal');
    for (const [lieName, lie] of Object.entries(lies)) {
      proxy.lie = (asked, answer) => {
        if (asked.startsWith(path)) lie(asked, answer);
      };
      expect(await codeOf(ask(network.client({ node: proxy.url }))), `${name}: ${lieName}`).toBe(
        'PROOF_INVALID',
      );
    }
  }

  await west.stop();
  const newer = network.client({ nodes: [north, east, south].map(({ apiUrl }) => apiUrl) });
  // What a block holds never gets old: it is asked for the one that it has not heard of.
  const unheard = await committed(newer, [noop()], north.signer);
  for (const validator of [north, east, south]) await validator.stop();
  await west.start();
  await until(
    'west to answer',
    async () => (await codeOf(network.client({ node: west.apiUrl }).tip())) === 'no refusal',
  );
  for (const { name, ask } of questionsAbout({ ...known, tx: unheard.id, height: unheard.height })) {
    const client = network.client({ node: west.apiUrl, memory: newer.memory() });
    expect(await codeOf(ask(client)), `${name}, from a node that is behind`).toBe('STALE');
  }
}, 400_000);

interface Known {
  readonly institution: Hex32;
  readonly patient: Hex32;
  readonly secrets: AnchorSecrets;
  readonly tx: Hex32;
  readonly height: number;
}

/** A row of every kind that can be asked for. */
async function fillLedger(network: Network, { signer, institution }: Validator): Promise<Known> {
  const client = network.client();
  const genesis = client.genesisHash;
  const random = (length: number): Uint8Array => systemRandom.bytes(length);
  const { wallet, enrolment } = addEnrolment(createWallet(random), genesis, institution, random);
  const clinician = secretKeyFromSeed(random(32));
  const documents = ['one', 'two', 'three'].map((text) => ({
    bytes: new TextEncoder().encode(text),
    source: text,
  }));
  const secrets = createAnchor(documents, { genesis, institution });
  const role = { role: 'doctor', speciality: null, emergency: false } as const;
  const terms = {
    grantee: institution,
    categories: [],
    permittedLabels: [],
    excludedLabels: [],
    purposes: ['TREAT'],
    from: 0,
    until: Date.now() + 86_400_000,
  } as const;
  const third = network.validators[2] as Validator;
  await committed(client, [enrolPatient(enrolmentRequest(wallet, enrolment))], signer);
  await committed(client, [issueCredential(genesis, institution, clinician, role)], signer);
  await committed(client, [grantConsent(terms, enrolment)], patientSigner(wallet, enrolment));
  await committed(client, [proposeRemoval(third.institution, third.name)], signer);
  const { id, height } = await committed(client, [commitAnchor(secrets, 'text')], signer);
  return { institution, patient: enrolment.account, secrets, tx: id, height };
}

async function committed(client: Client, actions: readonly Action[], signer: Signer): Promise<ProvenTx> {
  const outcome = await client.submit(actions, signer);
  if (outcome.state !== 'committed' || outcome.code !== 'OK')
    throw new Error(`not committed: ${JSON.stringify(outcome)}`);
  return outcome;
}

interface Question {
  readonly name: string;
  /** Under which its answer comes. */
  readonly path: string;
  readonly ask: (client: Client) => Promise<unknown>;
  readonly lies: Readonly<Record<string, Lie>>;
}

const STATE_LIES = {
  'a changed value': (_path: string, { entries }: Answer) => {
    for (const entry of entries) entry.value = entry.value === null ? '00' : flipped(entry.value);
  },
  'a value said to be absent, or to be there': (_path: string, { entries }: Answer) => {
    for (const entry of entries) entry.value = entry.value === null ? 'a0' : null;
  },
  'a missing key': (_path: string, { entries }: Answer) => void entries.pop(),
  'another state root': (_path: string, { header }: Answer) => {
    header.stateRoot = flipped(header.stateRoot);
  },
};

const TX_LIES = {
  'a changed result': (_path: string, answer: Answer) => {
    answer.result = flipped(answer.result);
  },
  'a changed transaction': (_path: string, answer: Answer) => {
    answer.tx = flipped(answer.tx);
  },
  'a missing proof': (_path: string, answer: Answer) => void delete answer.resultProof,
};

const BLOCK_LIES = {
  'a changed block': (_path: string, answer: Answer) => {
    answer.block = flipped(answer.block);
  },
  'a missing certificate': (_path: string, answer: Answer) => void delete answer.certificate,
};

const TIP_LIES = {
  'a changed header': (_path: string, { steps }: Answer) => {
    for (const { header } of steps) header.time += 1;
  },
  'a missing signature': (_path: string, { steps }: Answer) => {
    for (const { certificate } of steps) certificate.signatures = certificate.signatures.slice(0, 2);
  },
};

function questionsAbout({ institution, patient, secrets, tx, height }: Known): Question[] {
  const state = (name: string, ask: Question['ask']): Question => ({
    name,
    path: '/v1/state',
    ask,
    lies: STATE_LIES,
  });
  const key = ACCOUNTS.keyOf(patient);
  return [
    state('account', (client) => client.account(patient)),
    state('an account that there is not', (client) => client.account('ee'.repeat(32))),
    state('institution', (client) => client.institution(institution)),
    state('institution by name', (client) => client.institutionNamed('Hospital North')),
    state('validators', (client) => client.validators()),
    state('proposals', (client) => client.proposals()),
    state('credentials', (client) => client.credentials(institution)),
    state('consents', (client) => client.consents(patient)),
    state('anchors', (client) => client.anchors(institution)),
    state('anchor', (client) => client.anchor(institution, secrets.root)),
    state('evidence', (client) => client.evidence()),
    state('rows', (client) => client.proveRows([{ table: ACCOUNTS.number, key }])),
    state('document proof', (client) => client.proveDocument(secrets, 1)),
    { name: 'transaction', path: '/v1/tx/', ask: (client) => client.tx(tx), lies: TX_LIES },
    { name: 'block', path: '/v1/blocks/', ask: (client) => client.block(height), lies: BLOCK_LIES },
    { name: 'tip', path: '/v1/light', ask: (client) => client.tip(), lies: TIP_LIES },
  ];
}

/** Another digit in the middle of a hex text. */
function flipped(hex: string): string {
  const middle = hex.length >> 1;
  return `${hex.slice(0, middle)}${hex[middle] === '0' ? '1' : '0'}${hex.slice(middle + 1)}`;
}

async function codeOf(asking: Promise<unknown>): Promise<string> {
  try {
    await asking;
    return 'no refusal';
  } catch (error) {
    return isConsiliumError(error) ? error.code : String(error);
  }
}

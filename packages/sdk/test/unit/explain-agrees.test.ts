// What is said beforehand, what the ledger does, and what a reference evaluator says: the same, whatever is drawn.
import {
  ACCESSES,
  type AccessDecision,
  type AccessRow,
  actionOf,
  compareText,
  listCount,
  questionOf,
  readRow,
  standingConsents,
} from '@consilium/core';
import { expect, test } from 'vitest';
import type { Chain } from '../../../core/test/kit/chain.ts';
import {
  createDecisionWorld,
  type DecisionWorld,
  type WorldRequest,
} from '../../../core/test/kit/decision-world.ts';
import { type Chance, createChance, drawTerms } from '../../../core/test/kit/random-consents.ts';
import { caseOf } from '../../../core/test/kit/reference-case.ts';
import { referenceVerdict } from '../../../core/test/kit/reference-decision.ts';
import {
  type Client,
  type ConsentChange,
  createClient,
  type ExplainQuestion,
  explainAccesses,
  whatIf,
} from '../../src/index.ts';
import { createFakeLedger, createFakeNode } from '../support/fake-node.ts';

const REQUESTS = 10_000;
const REQUESTS_PER_ROUND = 40;
const STANDING_MAX = 6;
const MINUTE_MS = 60_000;
const FOUR_DAYS_MIN = 4 * 24 * 60;

test('`explain` and `what-if` agree with real openings on 10,000 random consents and requests, and so does a reference evaluator in the tests, written differently, straight from the paragraphs.', {
  timeout: 240_000,
}, async () => {
  const chance = createChance(6);
  const { client, world, pass } = createScene(chance);
  const seen = new Map<string, number>();
  for (let asked = 0; asked < REQUESTS; asked += REQUESTS_PER_ROUND) {
    pass(chance.often(0.03) ? FOUR_DAYS_MIN : 1);
    world.stir(chance);
    const requests = drawRequests(world, chance);
    const questions = requests.flatMap((request) => questionsOf(world, request));
    // Many consents, few, none: what one of them decides, the policy of the hospitals does not.
    const standingMax = Math.floor(asked / REQUESTS_PER_ROUND / 6) % STANDING_MAX;
    const change = drawChange(world, chance, standingMax);
    const foretold = await whatIf(client, { patient: world.patient.id, change, questions });
    world.send(world.patient, actionFor(world, change));
    const explained = await explainAccesses(client, questions);
    const decided = open(world, requests);
    expect(explained.map(decisionOf)).toEqual(decided.map(({ decision }) => decision));
    expect(foretold.answers.map(({ after }) => decisionOf(after))).toEqual(explained.map(decisionOf));
    for (const { decision, verdict } of decided) {
      expect(decision).toMatchObject(verdict);
      seen.set(decision.rule, (seen.get(decision.rule) ?? 0) + 1);
    }
  }
  // Nothing was agreed on for want of being met.
  for (const rule of RULES_TO_MEET)
    expect([rule, seen.get(rule) ?? 0]).toEqual([rule, expect.toSatisfy((n) => n >= 20)]);
});

const RULES_TO_MEET = [
  'author',
  'consent',
  'credential-ended',
  'delegate',
  'emergency',
  'emergency-dataset',
  'emergency-privilege',
  'emergency-suspended',
  'excluded',
  'law-closed-to-patient',
  'law-psychotherapy-notes',
  'law-psychotherapy-payment',
  'law-self-paid',
  'no-consent',
  'own',
  'policy',
  'record-retracted',
];

interface Scene {
  readonly client: Client;
  readonly world: DecisionWorld;
  /** So many minutes. */
  readonly pass: (minutes: number) => void;
}

/** Whatever happens between two calls of `pass` happens within one minute, in which no consent begins or ends. */
function createScene(chance: Chance): Scene {
  const ledger = createFakeLedger();
  const node = createFakeNode(ledger);
  let now = Math.ceil(ledger.chain.view().tip.time / MINUTE_MS) * MINUTE_MS;
  const chain: Chain = {
    ...ledger.chain,
    commit: (candidates, options) => {
      now += 10;
      return ledger.chain.commit(candidates, { time: now, ...options });
    },
  };
  const client = createClient({
    node: node.url,
    genesis: chain.genesis,
    verify: chain.deps.verify,
    fetch: node.fetch,
    now: () => now,
  });
  const pass = (minutes: number): void => {
    now = (Math.floor(now / MINUTE_MS) + minutes) * MINUTE_MS;
    chain.commit([]);
  };
  return { client, world: createDecisionWorld(chain, chance), pass };
}

/** Those of one reader stand together: they go out as one transaction. */
function drawRequests(world: DecisionWorld, chance: Chance): readonly WorldRequest[] {
  const drawn = Array.from({ length: REQUESTS_PER_ROUND }, () => world.drawRequest(chance));
  return drawn.toSorted((a, b) => compareText(a.reader.id, b.reader.id));
}

function questionsOf({ chain }: DecisionWorld, { reader, body }: WorldRequest): readonly ExplainQuestion[] {
  const { patient, selection, purpose, onBehalfOf, project, emergency } = body;
  const used = emergency && { ...emergency, second: emergency.second?.account ?? null, worklist: null };
  const asked = { reader: reader.id, purpose, onBehalfOf, project, emergency: used };
  const question = questionOf(chain.view().state, patient, asked);
  return selection.type === 'query' ? [] : selection.records.map((record) => ({ ...question, record }));
}

function drawChange(
  { chain, patient, nameable }: DecisionWorld,
  chance: Chance,
  standingMax: number,
): ConsentChange {
  const { state, tip } = chain.view();
  const standing = standingConsents(state, patient.id, tip.time);
  if (standing.length > standingMax || (standing.length > 0 && chance.often(0.2)))
    return { type: 'revoke', index: chance.one(standing).index };
  return { type: 'grant', terms: drawTerms(chance, nameable, tip.time) };
}

function actionFor({ patient }: DecisionWorld, change: ConsentChange): ReturnType<typeof actionOf> {
  return change.type === 'grant'
    ? actionOf('consent.grant', { patient: patient.id, terms: change.terms })
    : actionOf('consent.revoke', { patient: patient.id, index: change.index });
}

interface Decided {
  readonly decision: AccessDecision;
  readonly verdict: ReturnType<typeof referenceVerdict>;
}

/** All requests in one block; what became of each record, and what the state before it makes the reference say. */
function open({ chain, patient }: DecisionWorld, requests: readonly WorldRequest[]): readonly Decided[] {
  const before = listCount(chain.view().state, 'accesses', patient.id);
  const txs = [...Map.groupBy(requests, ({ reader }) => reader).entries()].map(([{ id, key }, own]) =>
    chain.tx(
      id,
      key,
      own.map(({ body }) => actionOf('access.open', body)),
    ),
  );
  const { execution } = chain.commit(txs);
  expect(execution.results.map(({ code }) => code)).toEqual(txs.map(() => 'OK'));
  const { state } = chain.view();
  return requests.flatMap((_, at) => {
    const row = readRow(state, ACCESSES, patient.id, before + at) as AccessRow;
    return row.items.map((item) => ({
      decision: decisionOf(item),
      verdict: referenceVerdict(caseOf(state, patient.id, row, item.record, row.time)),
    }));
  });
}

function decisionOf({ decision, rule, consent, provision, tag }: AccessDecision): AccessDecision {
  return { decision, rule, consent, provision, tag };
}

import { ConsiliumError, createValidatorSet, DEFAULT_PARAMS, NO_ROUND, type Vote } from '@consilium/core';
import { describe, expect, test } from 'vitest';
import { Agreement, type AgreementHost, type HeightLog } from '../../../src/replica/agreement.ts';
import type { LogEntry } from '../../../src/replica/log-entry.ts';
import { createEventLog, createManualClock } from '../../support/fakes.ts';

const ids = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64));
const [SELF = '', B = '', C = '', D = ''] = ids;
const validators = createValidatorSet(ids.map((id) => ({ id, key: id, power: 1 })));
const configOf = (height: number) => ({
  height,
  validators,
  proposers: [B, C, D, SELF],
  self: SELF,
  params: DEFAULT_PARAMS,
});

const nilVote = (validator: string, type: Vote['type'], height: number, round = 0): Vote => ({
  ...{ type, height, round, blockId: null, validRound: NO_ROUND, validator },
  signature: '00'.repeat(64),
});

/** Takes so many entries a height, and then refuses as a full log does. */
function smallLog(entriesMax: number): HeightLog & { readonly heights: number[] } {
  const heights: number[] = [];
  let entries = 0;
  return {
    heights,
    begin: (height) => {
      heights.push(height);
      entries = 0;
    },
    append: () => {
      if (entries === entriesMax) throw new ConsiliumError('WAL_FULL');
      entries += 1;
    },
    sync: (done) => done(),
  };
}

function agreementOn(log: HeightLog) {
  const signed: string[] = [];
  const failures: string[] = [];
  const { report, events } = createEventLog();
  const unused = (): never => {
    throw new Error('not asked for');
  };
  const host: AgreementHost = {
    enqueue: (task) => task(() => undefined),
    perform: () => undefined,
    decide: unused,
    value: () => undefined,
    blockBytes: () => undefined,
    addValue: unused,
    addBlockBytes: unused,
    proposed: unused,
    fail: (error) => failures.push(error.code),
    stepped: () => undefined,
  };
  const agreement = new Agreement({
    self: SELF,
    log,
    clock: createManualClock(),
    report,
    signer: {
      sign: ({ kind, height, round }, _held, done) => {
        signed.push(`${kind} ${height}/${round}`);
        done({ signature: '11'.repeat(64) });
      },
    },
    host,
  });
  return { agreement, signed, failures, events };
}

describe('a log that takes no more', () => {
  test('ends no node: it signs nothing more in that height, the queue goes on, and the next height is as ever', () => {
    const log = smallLog(4);
    const { agreement, signed, failures, events } = agreementOn(log);
    let done = 0;
    const take = (height: number): void => {
      for (const type of ['prevote', 'precommit'] as const)
        for (const by of [B, C, D])
          agreement.take({ type: 'vote', vote: nilVote(by, type, height) }, () => {
            done += 1;
          });
    };
    agreement.begin(configOf(7), true);
    take(7);
    expect(done).toBe(6);
    expect(events.filter(({ code }) => code === 'agreement.log-full')).toHaveLength(1);
    expect(signed).toEqual([]);
    expect(failures).toEqual([]);

    agreement.begin(configOf(8), true);
    agreement.take({ type: 'vote', vote: nilVote(B, 'prevote', 8) }, () => {
      done += 1;
    });
    expect(done).toBe(7);
    expect(agreement.state?.config.height).toBe(8);
    expect(log.heights).toEqual([7, 8]);
    expect(events.filter(({ code }) => code === 'agreement.log-full')).toHaveLength(1);
  });

  test('signs nothing that it could not write down', () => {
    // Two votes of a later round take this node along; then nobody proposes, and it votes for nothing.
    const inputs: readonly LogEntry[] = [
      ...[B, C].map((by): LogEntry => ({ type: 'vote', vote: nilVote(by, 'prevote', 7, 1) })),
      { type: 'timeout', kind: 'propose', round: 1 },
    ];
    const roomy = agreementOn(smallLog(100));
    roomy.agreement.begin(configOf(7), true);
    for (const input of inputs) roomy.agreement.take(input, () => undefined);
    // Its own makes three: it precommits nothing as well.
    expect(roomy.signed).toEqual(['prevote 7/1', 'precommit 7/1']);

    // `begin`, the inputs, and its own vote: one more than there is room for.
    for (let room = 1; room <= 1 + inputs.length; room += 1) {
      const tight = agreementOn(smallLog(room));
      tight.agreement.begin(configOf(7), true);
      let done = 0;
      for (const input of inputs)
        tight.agreement.take(input, () => {
          done += 1;
        });
      expect(tight.signed, `room for ${room}`).toEqual([]);
      expect(tight.failures).toEqual([]);
      expect(done).toBe(inputs.length);
    }
  });
});

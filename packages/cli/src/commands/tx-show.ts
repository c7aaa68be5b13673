// Owns: `tx show`: a transaction in its certified block, with its result; its proof when asked.
import { toHex } from '@consilium/core';
import type { Action, ProvenTx, TxAnswer } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { fields, time } from '../print/text.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { hexIdOf } from '../usage.ts';

interface Options extends NetworkOptions {
  readonly proof?: boolean;
}

export const registerTxShow: Register = (place) =>
  addCommand<Options>(
    place,
    {
      usage: 'show <id>',
      summary: 'show a transaction, proven to stand in a certified block with its result',
      examples: ['npx consilium tx show ID', 'npx consilium tx show ID --proof --json > proof.json'],
    },
    (command) => addNetworkOptions(command.option('--proof', 'show the proof too')),
    ([id = ''], options) =>
      withNetwork(place.io, options, async ({ client, read }) =>
        shown(await client.tx(hexIdOf(id, 'ID'), read), options.proof === true),
      ),
  );

function shown(answer: TxAnswer, withProof: boolean): Result {
  if (answer.state === 'committed') return committed(answer, withProof);
  const { id, state, code } = answer;
  return {
    data: { id, state, code },
    lines: fields([
      ['transaction', id],
      ['state', `${state}${code === null ? '' : `, ${code}`} (the node's word; nobody can prove absence)`],
    ]),
    exitCode: state === 'refused' ? EXIT.failed : EXIT.unknown,
  };
}

function committed(answer: ProvenTx, withProof: boolean): Result {
  const { proof, tx, ...facts } = answer;
  const { header, certificate, txProof, resultProof } = proof;
  const shownProof = {
    tx: toHex(proof.tx),
    header,
    certificate,
    txProof,
    result: toHex(proof.result),
    resultProof,
  };
  const actions = tx.actions.map(({ type, version }) => ({ type, version }));
  return {
    data: {
      ...facts,
      sender: tx.sender,
      validUntil: tx.validUntil,
      actions,
      ...(withProof && { proof: shownProof }),
    },
    lines: [
      ...fields([
        ['transaction', answer.id],
        ['state', `committed at height ${answer.height}, position ${answer.index}, ${time(answer.time)}`],
        ['result', resultText(answer, tx.actions)],
        ['sender', tx.sender],
        ['actions', actions.map(({ type }) => type).join(', ')],
        ['block', answer.blockId],
      ]),
      ...(withProof ? ['', 'proof', JSON.stringify(shownProof, null, 2)] : []),
    ],
  };
}

function resultText({ code, failedAction }: ProvenTx, actions: readonly Action[]): string {
  return failedAction === null
    ? code
    : `${code} in ${actions[failedAction]?.type ?? '?'}; nothing was changed`;
}

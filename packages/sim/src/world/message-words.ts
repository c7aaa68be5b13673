// Owns: a message in words, for those who read a trace. Ids are cut to their first digits.
import { type Certificate, type Hex32, headerId, isConsiliumError, type Vote } from '@consilium/core';
import { decodeCustodyMessage } from '@consilium/node/custody';
import { decodeMessage, decodeSnapshotMessage, type WireMessage } from '@consilium/node/replica';

export function wordsOf(channel: string, bytes: Uint8Array): string {
  try {
    if (channel === 'custody') return decodeCustodyMessage(bytes).type;
    if (channel === 'snapshot') return decodeSnapshotMessage(bytes).type;
    const message = decodeMessage(bytes);
    return `${message.type} ${detailsOf(message)}`;
  } catch (error) {
    if (!isConsiliumError(error)) throw error;
    return error.code;
  }
}

function detailsOf(message: WireMessage): string {
  switch (message.type) {
    case 'votes':
      return message.votes.map(voteWords).join(', ');
    case 'certificate':
      return certificateWords(message.certificate);
    case 'proposal': {
      const { height, round, validRound, blockId, validator } = message.proposal;
      return `${height}/${round} ${short(blockId)} valid ${validRound} by ${short(validator)}`;
    }
    case 'status':
      return `${message.height}/${message.round}${message.awake ? ' awake' : ''}`;
    case 'value':
      return short(headerId(message.value.header));
    case 'value-request':
    case 'bodies-request':
      return `${message.height} ${short(message.blockId)}`;
    case 'bodies':
      return `${message.height} ${short(message.blockId)} ${message.txs.length}`;
    case 'transactions':
      return String(message.txs.length);
    case 'blocks-request':
      return `#${message.requestId} ${message.count} from ${message.fromHeight}`;
    case 'blocks':
      return `#${message.requestId} ${message.blocks.map(({ block }) => block.header.height).join(' ')}`;
    case 'sync-refusal':
      return `#${message.requestId} ${message.code} base ${message.base}`;
    case 'evidence':
      return message.evidence.type;
  }
}

function voteWords({ type, height, round, blockId, validRound, validator }: Vote): string {
  return `${type} ${height}/${round} ${short(blockId)} valid ${validRound} of ${short(validator)}`;
}

function certificateWords({ type, height, round, blockId, signatures }: Certificate): string {
  return `${type}s ${height}/${round} ${short(blockId)} of ${signatures.length}`;
}

function short(id: Hex32 | null): string {
  return id === null ? 'nil' : id.slice(0, 8);
}

// Owns: `record show`: what the ledger says of one record, proven, and who keeps its shares.
import {
  BATCHES,
  currentEpoch,
  type Hex32,
  INSTITUTIONS,
  RECORDS,
  readRow,
  type StateReader,
} from '@consilium/core';
import { type AsOf, ConsiliumError, type ErasureView, type RecordView, readErasureOf } from '@consilium/sdk';
import { addCommand, type Register, type Result } from '../command.ts';
import { erasureLines } from '../print/erasure.ts';
import { listText, recordState } from '../print/record.ts';
import { asOfLine, fields, monthText, time } from '../print/text.ts';
import { addNetworkOptions, type NetworkOptions, withNetwork } from '../setup/network.ts';
import { hexIdOf } from '../usage.ts';

export const registerRecordShow: Register = (place) =>
  addCommand<NetworkOptions>(
    place,
    {
      usage: 'show <id>',
      summary: 'show what the ledger says of a record, proven; its content stays sealed',
      examples: ['npx consilium record show ID'],
    },
    addNetworkOptions,
    ([id = ''], options) =>
      withNetwork(place.io, options, async ({ client, read }) => {
        const record = hexIdOf(id, 'ID');
        const { value, asOf } = await client.read((state) => factsOf(state, record), read);
        if (value === undefined) throw new ConsiliumError('RECORD_NOT_FOUND', { record });
        return shown(value, asOf);
      }),
  );

interface RecordFacts {
  readonly erasure: ErasureView | null;
  readonly record: RecordView;
  readonly authorName: string;
  /** Custodians of which epoch hold its shares, and which epoch is current. */
  readonly custody: { readonly epoch: number | null; readonly current: number };
}

function factsOf(state: StateReader, id: Hex32): RecordFacts | undefined {
  const row = readRow(state, RECORDS, id);
  if (row === undefined) return undefined;
  const authorName = readRow(state, INSTITUTIONS, row.author)?.name ?? row.author;
  const epoch = readRow(state, BATCHES, row.batch)?.epoch ?? null;
  const erasure = readErasureOf(state, id);
  return { record: { id, ...row }, authorName, erasure, custody: { epoch, current: currentEpoch(state) } };
}

function shown({ record, authorName, custody, erasure }: RecordFacts, asOf: AsOf): Result {
  const state = recordState(record);
  return {
    data: { asOf, ...record, state, authorName, custody, erasure },
    lines: [
      ...fields([
        ['record', record.id],
        ['state', stateText(record)],
        ['version', record.version],
        ...(record.amends === null ? [] : [['amends', record.amends] as const]),
        ['patient', record.patient],
        ['author', authorName],
        ['registered', `height ${record.height}, ${time(record.time)}, by ${record.writer}`],
        ['month', monthText(record.month)],
        ['confidentiality', record.confidentiality],
        ['emergency dataset', record.emergency ? 'yes' : 'no'],
        ['effects of law', listText(record.effects)],
        ['batch', `${record.batch}, position ${record.position}`],
        ['custodians', `of epoch ${custody.epoch ?? '?'} (current: ${custody.current})`],
      ]),
      ...(erasure === null ? [] : erasureLines(erasure)),
      asOfLine(asOf),
    ],
  };
}

function stateText(record: RecordView): string {
  const state = recordState(record);
  if (state === 'erased') return `erased at height ${record.erasedHeight}`;
  if (state === 'amended') return `amended by ${record.amendedBy}`;
  return state === 'retracted' ? `retracted at height ${record.retractedHeight}` : state;
}

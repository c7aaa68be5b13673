// Owns: every fault by name, as `chaos list-faults` prints them and as scenarios name them. Does not own: doing any
// (sim-world/, devnet-world/, byzantine/).
import { CRASH_POINTS } from './crash-points.ts';
import type { Availability, FaultClass, FaultEntry, ParamSpec } from './entry.ts';
import type { FaultName } from './names.ts';

const chance: ParamSpec = {
  name: 'chance',
  kind: 'fraction',
  default: 1,
  min: 0,
  max: 1,
  does: 'probability for each message',
};

const PROCESS: readonly FaultEntry[] = [
  fault('process', 'kill', 'The process dies at once; what it wrote stays with the operating system.', {
    undo: 'it is started again',
  }),
  fault(
    'process',
    'power-cut',
    'The machine dies: writes that were not synced are lost, the last may be torn.',
    {
      undo: 'it is started again',
    },
  ),
  fault('process', 'freeze', 'The process stops without ending, as by SIGSTOP; its connections stand.', {
    undo: 'it goes on where it stopped',
  }),
  fault('process', 'restart', 'The process is asked to end, ends in order, and is started again.', {
    undo: 'nothing is left of it',
  }),
  fault('process', 'crash-point', 'The process dies at a named point between two durable effects.', {
    undo: 'it is started again',
    params: [
      {
        name: 'point',
        kind: 'text',
        default: 'log-synced',
        oneOf: CRASH_POINTS.map(({ name }) => name),
        does: 'name of the point; see docs/testing.md',
      },
      { name: 'power', kind: 'integer', default: 0, min: 0, max: 1, does: '1: the machine dies with it' },
    ],
  }),
  fault('process', 'mixed-versions', 'Nodes of two versions run together.', {
    undo: 'all run one version',
    sim: 'there is one version so far',
    devnet: 'there is one version so far',
  }),
];

const NETWORK: readonly FaultEntry[] = [
  fault('network', 'isolate', 'The target hears nobody and is heard by nobody; connections stand.'),
  fault('network', 'halves', 'The network falls into two halves.'),
  fault('network', 'ring', 'Each node reaches its two neighbours only.'),
  fault('network', 'bridge', 'Two halves that only the target reaches both of.'),
  fault('network', 'one-way', 'What the target sends is lost; it hears the others.'),
  fault('network', 'flapping', 'The target is cut off and back again, over and over.', {
    params: [duration('period', 400, 50, 60_000, 'of one cut and one pause')],
  }),
  fault(
    'network',
    'disconnect',
    'The connections of the target end, both sides see it, and none can be made.',
  ),
  fault('network', 'delay', 'Every message from and to the target is late.', {
    params: [duration('ms', 200, 1, 60_000, 'how late')],
  }),
  fault('network', 'jitter', 'Messages from and to the target are late by a drawn time.', {
    params: [duration('ms', 400, 1, 60_000, 'at most')],
  }),
  fault(
    'network',
    'stall',
    'Links of the target take bytes and deliver none until it is undone; then all of them.',
  ),
  fault('network', 'reset', 'Connections of the target are reset once; they may be made anew.', {
    undo: 'nothing is left of it',
  }),
  fault('network', 'bandwidth', 'Links of the target carry so many bytes a second.', {
    params: [
      {
        name: 'bytes_per_second',
        kind: 'integer',
        default: 20_000,
        min: 1,
        max: 1_000_000_000,
        does: 'of each link',
      },
    ],
  }),
  fault('message', 'drop', 'Messages from the target are lost.', {
    params: [{ ...chance, default: 0.2 }],
    devnet: 'below the encrypted stream there are bytes, not messages',
  }),
  fault('message', 'duplicate', 'Messages from the target arrive twice.', {
    params: [{ ...chance, default: 0.2 }],
    devnet: 'below the encrypted stream there are bytes, not messages',
  }),
  fault('message', 'reorder', 'Messages from the target overtake each other.', {
    params: [{ ...chance, default: 0.5 }],
    devnet: 'below the encrypted stream there are bytes, not messages',
  }),
  fault('message', 'corrupt', 'Bytes from the target are changed on the way.', {
    params: [{ ...chance, default: 0.01 }],
    sim: 'noise ends a connection whose bytes were changed: that is `reset`',
  }),
];

const CLOCK: readonly FaultEntry[] = [
  fault('clock', 'clock-jump', 'The wall clock of the target jumps.', {
    params: [duration('ms', 5_000, -86_400_000, 86_400_000, 'by how much; negative: back')],
  }),
  fault('clock', 'clock-drift', 'The wall clock of the target runs too fast or too slow.', {
    params: [
      {
        name: 'percent',
        kind: 'integer',
        default: 20,
        min: -90,
        max: 900,
        does: 'too fast; negative: too slow',
      },
    ],
  }),
  fault('clock', 'clock-freeze', 'The wall clock of the target stands still.'),
];

const DISK: readonly FaultEntry[] = [
  fault('disk', 'torn-write', 'The machine dies, and of the last write a part is there.', {
    undo: 'it is started again',
  }),
  fault('disk', 'flipped-bit', 'While the process is down, one bit of one stored value is changed.', {
    faulty: true,
    undo: 'it is started again',
    params: [where('store', ['store', 'log', 'signing-record', 'vault'])],
  }),
  fault('disk', 'truncation', 'While the process is down, the end of a file is lost.', {
    faulty: true,
    undo: 'it is started again',
    params: [where('log', ['log', 'signing-record'])],
  }),
  fault(
    'disk',
    'folder-entry-lost',
    'The machine dies before a folder entry was durable: the file is gone.',
    {
      faulty: true,
      undo: 'it is started again',
    },
  ),
  fault('disk', 'disk-failing', 'Syncs of the target end in an error.', {
    faulty: true,
    undo: 'the disk works again',
  }),
  fault('disk', 'disk-full', 'The disk of the target takes no more bytes.', {
    faulty: true,
    undo: 'there is room again',
    needs:
      'nothing; on the devnet the right to mount a file system in memory, or else the disk of the daemon answers so',
  }),
  fault('disk', 'disk-slow', 'Syncs of the target take longer.', {
    params: [{ name: 'factor', kind: 'integer', default: 100, min: 2, max: 100_000, does: 'times as long' }],
    undo: 'the disk is as quick as before',
  }),
  fault('disk', 'disk-lost', 'The machine is lost with everything on it; its keys are on paper.', {
    faulty: true,
    undo: 'it is started on an empty disk',
  }),
];

const BYZANTINE: readonly FaultEntry[] = [
  strategy('silent', 'Says nothing at all.', false),
  strategy('equivocate-proposal', 'Proposes one value to one half and another to the other.', true),
  strategy('equivocate-prevote', 'Prevotes differently towards two halves.', true),
  strategy('equivocate-precommit', 'Precommits differently towards two halves.', true),
  strategy('ignore-lock', 'Prevotes another value after a precommit, as if it had no lock.', true),
  strategy('amnesia', 'Forgets at each round what it signed before.', true),
  strategy('vote-for-all', 'Votes for every value that anybody proposed.', true),
  strategy('wrong-valid-round', 'Votes and proposes with validRounds that are not so.', false),
  {
    // A changed vote or proposal is signed anew, and soon stands beside the true one.
    ...strategy('mutate', 'Changes one field of one message by one, drawn from the seed.', true),
    params: [{ ...chance, default: 0.2 }],
  },
  strategy('invalid-block', 'Proposes blocks that break a rule of the ledger.', false),
  strategy('wrong-roots', 'Proposes blocks whose roots are not what they lead to.', false),
  strategy('wrong-time', 'Proposes blocks from the past or the future.', false),
  strategy('withhold-bodies', 'Proposes, and sends no transaction to anybody.', false),
  strategy('stale-proposals', 'Proposes old values in rounds that are not its own.', false),
  strategy('replay', 'Sends what it overheard, again and to anybody.', false),
  strategy('bad-signatures', 'Signs its votes wrongly.', false),
  strategy('garbage', 'Sends bytes that are no message.', false),
  strategy('oversize', 'Sends messages beyond every bound.', false),
  strategy('slow-drip', 'Sends byte by byte, and holds what it was asked for as long as it can.', false),
  strategy(
    'lying-sync',
    'Answers sync with blocks that were changed, and claims heights that nobody has.',
    false,
  ),
  strategy('bad-snapshot-chunk', 'Serves snapshot chunks that were changed.', false),
  strategy('false-evidence', 'Floods its peers with evidence that proves nothing.', false),
  strategy('censor', 'Proposes blocks without the transactions of others.', false),
  strategy('false-shares', 'Hands out key shares that are not the ones it was given.', false),
  strategy('release-without-permit', 'Hands its key shares to whoever asks.', false),
  { ...strategy('twin', 'The same key runs twice, and neither knows of the other.', true), params: [] },
];

const LOAD: readonly FaultEntry[] = [
  fault('load', 'burst', 'Clients send many transactions at once.', {
    undo: 'nothing is left of it',
    params: [{ name: 'count', kind: 'integer', default: 200, min: 1, max: 100_000, does: 'how many' }],
  }),
  fault('load', 'abusive-sender', 'One institution sends far more than its share.', {
    undo: 'it stops',
    params: [{ name: 'rate', kind: 'integer', default: 200, min: 1, max: 100_000, does: 'a second' }],
  }),
  fault('load', 'large-transactions', 'Transactions as large as they may be.', {
    undo: 'they stop',
    params: [{ name: 'rate', kind: 'integer', default: 5, min: 1, max: 1_000, does: 'a second' }],
  }),
  fault('load', 'slow-clients', 'Clients that send their request byte by byte and read no answer.', {
    undo: 'they hang up',
    sim: 'the simulator has no HTTP',
    params: [{ name: 'clients', kind: 'integer', default: 40, min: 1, max: 1_000, does: 'how many' }],
  }),
  fault('load', 'stale-clients', 'Clients hand in again what was handed in before, committed or not.', {
    undo: 'they stop',
    devnet: 'clients of the devnet do not keep what they sent',
    params: [{ name: 'rate', kind: 'integer', default: 5, min: 1, max: 1_000, does: 'a second' }],
  }),
];

const OPERATOR: readonly FaultEntry[] = [
  fault('operator', 'restored-backup', 'The target is set back to a copy of its disk from before.', {
    faulty: true,
    undo: 'nothing is left of it',
    params: [duration('age', 5_000, 100, 600_000, 'of the copy')],
  }),
  fault('operator', 'copied-key', 'A second machine is started with the keys of the target.', {
    undo: 'the second machine is stopped',
    faulty: true,
    // A machine that hears the other's signature stops signing: whether the two contradict each other before is a race.
    provable: false,
  }),
  fault('operator', 'deleted-signing-record', 'The signing record of the target is deleted.', {
    faulty: true,
    undo: 'it is started again, and watches before it signs',
  }),
  fault('operator', 'wrong-genesis', 'The target is started with the genesis of another network.', {
    faulty: true,
    undo: 'it is started with the right one',
  }),
  fault('operator', 'removed-validator', 'The target is voted out and its node goes on.', {
    undo: 'it stays out',
    needs: 'more than four hospitals, or the set ends its tolerance',
  }),
];

export const FAULTS: readonly FaultEntry[] = [
  ...PROCESS,
  ...NETWORK,
  ...CLOCK,
  ...DISK,
  ...BYZANTINE,
  ...LOAD,
  ...OPERATOR,
];

const byName: ReadonlyMap<string, FaultEntry> = new Map(FAULTS.map((entry) => [entry.name, entry]));

export function findFault(name: string): FaultEntry | undefined {
  return byName.get(name);
}

type Given = Partial<Omit<FaultEntry, 'name' | 'class' | 'does'>>;

function fault(ofClass: FaultClass, name: FaultName, does: string, given: Given = {}): FaultEntry {
  return {
    name,
    class: ofClass,
    does,
    undo: 'everything is as before',
    needs: 'nothing',
    sim: true,
    devnet: true,
    faulty: ofClass === 'byzantine',
    provable: undefined,
    params: [],
    ...given,
  };
}

function strategy(
  name: FaultName,
  does: string,
  provable: boolean,
  available: Availability = true,
): FaultEntry {
  return {
    ...fault('byzantine', name, does, { undo: 'it is honest from then on' }),
    sim: available,
    devnet: available,
    provable,
    params: [chance],
  };
}

function duration(name: string, ms: number, min: number, max: number, does: string): ParamSpec {
  return { name, kind: 'duration', default: ms, min, max, does };
}

function where(what: string, oneOf: readonly string[]): ParamSpec {
  return { name: 'where', kind: 'text', default: what, oneOf, does: 'which file' };
}

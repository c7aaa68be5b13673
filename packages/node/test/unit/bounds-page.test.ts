import { readFileSync } from 'node:fs';
import { PACKAGE_BYTES_MAX } from '@consilium/core';
import { expect, test } from 'vitest';
import * as api from '../../src/api/limits.ts';
import * as node from '../../src/limits.ts';

const page = readFileSync(new URL('../../../../docs/operate/node.md', import.meta.url), 'utf8');

const count = (n: number): string => n.toLocaleString('en');
const seconds = (ms: number): string => `${ms / 1_000} s`;
const kilobytes = (bytes: number): string => `${Math.floor(bytes / 1_024)} KB`;
const megabytes = (bytes: number): string => `${Math.floor(bytes / 1_024 ** 2)} MB`;
const arrivals = (burst: number, perSecond: number): string =>
  `${count(burst)} at once and ${count(perSecond)} a second`;

const channels = Object.values(node.CHANNEL_MESSAGE_BYTES_MAX).map((bytes) => bytes / 1_024 ** 2);

const ROWS: Readonly<Record<string, readonly string[]>> = {
  peers: [
    `${count(node.SOCKETS_MAX)} sockets; before a key is shown ${node.PENDING_OTHERS_MAX} of strangers together, ${node.PENDING_PER_KNOWN_HOST_MAX} of an address of a hospital; new ones: of strangers together ${arrivals(node.STRANGER_ARRIVALS_BURST, node.STRANGER_ARRIVALS_PER_SECOND)}, of an address of a hospital ${arrivals(node.KNOWN_HOST_ARRIVALS_BURST, node.KNOWN_HOST_ARRIVALS_PER_SECOND)}, from where only hospitals came that are cut off one in ${1 / node.BARRED_HOST_ARRIVALS_PER_SECOND} s`,
    `${seconds(node.INBOUND_HANDSHAKE_MS_MAX)} for the handshake, ${seconds(node.FRAME_TICKS_MAX * node.LINK_TICK_MS)} for a message begun, ${seconds(node.LINK_SILENT_TICKS_MAX * node.LINK_TICK_MS)} of silence`,
    `by an admitted key only: ${megabytes(node.PEER_BYTES_PER_SECOND)} and ${count(node.PEER_MESSAGES_PER_SECOND)} messages a second, ${Math.min(...channels)} to ${Math.max(...channels)} MB a message, ${count(node.PEER_TXS_PER_SECOND)} transactions a second; who breaks the form is cut off for ${seconds(node.PENALTY_REFUSAL_MS)}`,
  ],
  API: [
    `${count(api.CONNECTIONS_MAX)}, of one address ${api.CONNECTIONS_PER_CLIENT_MAX}; over that the one that waits, of whoever holds the most, makes room; new ones: of addresses that it never answered together ${arrivals(api.NEWCOMERS_BURST, api.NEWCOMERS_PER_SECOND)} (who is refused counts as ${1 + api.NEWCOMER_REFUSAL_COST}), of each other address ${arrivals(api.KNOWN_CLIENT_CONNECTIONS_BURST, api.KNOWN_CLIENT_CONNECTIONS_PER_SECOND)}`,
    `${seconds(api.TLS_HANDSHAKE_MS_MAX)} for TLS, ${seconds(api.REQUEST_HEADERS_MS_MAX)} for headers, ${seconds(api.REQUEST_MS_MAX)} for a request, ${seconds(api.KEEP_ALIVE_MS)} of silence`,
    `${kilobytes(api.HEADER_BYTES_MAX)} of headers; bodies as each route says, ${kilobytes(api.BODY_BYTES_MAX)} to ${megabytes(api.BLOBS_BODY_BYTES_MAX)}, a package ${megabytes(PACKAGE_BYTES_MAX)}; ${count(api.RATE_PER_SECOND)} small reads a second of one address or token; ${api.RATE_PER_SECOND / api.COST_REFUSED} wrong tokens a second of one address`,
  ],
  metrics: [
    `${node.OBSERVE_CONNECTIONS_MAX}, in the same way; new ones: ${arrivals(node.OBSERVE_NEWCOMERS_BURST, node.OBSERVE_NEWCOMERS_PER_SECOND)}, and ${arrivals(node.OBSERVE_KNOWN_BURST, node.OBSERVE_KNOWN_PER_SECOND)}`,
    `${seconds(node.OBSERVE_REQUEST_MS_MAX)} for a request`,
    `${kilobytes(node.OBSERVE_HEADER_BYTES_MAX)} of headers, no body`,
  ],
  signer: [
    'a socket that is a file of mode 0600; one node',
    `${seconds(node.SIGNER_SILENT_MS)} of silence`,
    `${kilobytes(node.SIGNER_FRAME_BYTES_MAX)} a request, ${count(node.SIGNER_REQUESTS_MAX)} requests under way`,
  ],
};

test('docs/operate/node.md says of every open port what the limits say', () => {
  const [, section = ''] = page.split('\n| port ');
  const [table = ''] = section.split('\n\n');
  const rows = [...table.matchAll(/^\| (\w+) +\|(.*)\|$/gm)].map(([, port, cells = '']) => [
    port,
    cells.split('|').map((cell) => cell.trim()),
  ]);
  expect(Object.fromEntries(rows)).toEqual(ROWS);
});

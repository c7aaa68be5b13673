// Owns: the addresses of Consilium's network as text: TCP over IPv4, IPv6 or a name, as a multiaddr without a peer id.
import { isIPv4, isIPv6 } from 'node:net';

export type HostKind = 'ip4' | 'ip6' | 'dns4' | 'dns6' | 'dns';

export interface TcpAddress {
  readonly kind: HostKind;
  readonly host: string;
  readonly port: number;
}

const MULTIADDR = /^\/(ip4|ip6|dns4|dns6|dns)\/([^/\s]+)\/tcp\/(\d{1,5})$/;
const HOST_AND_PORT = /^(?:\[([^\]\s]+)\]|([^:[\]\s/]+)):(\d{1,5})$/;
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

const isHostOf: Readonly<Record<HostKind, (host: string) => boolean>> = {
  ip4: isIPv4,
  ip6: isIPv6,
  dns4: (host) => HOST_NAME.test(host),
  dns6: (host) => HOST_NAME.test(host),
  dns: (host) => HOST_NAME.test(host),
};

/** `/ip4/10.1.2.3/tcp/4100`, or the short forms `10.1.2.3:4100`, `[fd00::1]:4100`, `node.hospital.example:4100`. */
export function parseTcpAddress(text: string): TcpAddress | undefined {
  const [, kind, host, port] = MULTIADDR.exec(text) ?? [];
  if (kind !== undefined) return checked(kind as HostKind, host ?? '', port ?? '');
  const [, bracketed, plain, shortPort] = HOST_AND_PORT.exec(text) ?? [];
  if (bracketed !== undefined) return checked('ip6', bracketed, shortPort ?? '');
  if (plain === undefined) return undefined;
  return checked(/^[\d.]+$/.test(plain) ? 'ip4' : 'dns4', plain, shortPort ?? '');
}

function checked(kind: HostKind, host: string, digits: string): TcpAddress | undefined {
  const port = Number(digits);
  return isHostOf[kind](host) && port <= 65_535 ? { kind, host, port } : undefined;
}

export function multiaddrOf({ kind, host, port }: TcpAddress): string {
  return `/${kind}/${host}/tcp/${port}`;
}

export function isNamed({ kind }: TcpAddress): boolean {
  return kind !== 'ip4' && kind !== 'ip6';
}

/** Every address of this machine: good to listen on, and of no use to others. */
export function isWildcard({ kind, host }: TcpAddress): boolean {
  return (kind === 'ip4' && host === '0.0.0.0') || (kind === 'ip6' && /^[0:]+$/.test(host));
}

/** Whether others can dial it. */
export function isDialable(address: TcpAddress): boolean {
  return address.port !== 0 && !isWildcard(address);
}

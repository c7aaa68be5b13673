// Owns: the kinds of values a setting can have: how each is read from TOML and from one line of text (environment,
// flags), how it is written, and what is said when it is wrong.
import { isIP } from 'node:net';
import { multiaddrOf, parseTcpAddress, type TcpAddress } from './tcp-address.ts';

/** Reading gives undefined when the value is not of the type. */
export interface ValueType<T> {
  /** Completes "must be ...". */
  readonly expected: string;
  readonly fromToml: (raw: unknown) => T | undefined;
  readonly fromText: (text: string) => T | undefined;
  /** As it stands right of the equals sign. */
  readonly toToml: (value: T) => string;
}

/** A TOML basic string: JSON's escapes are a subset of its own. */
export function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}

/** TOML has dates, which are objects too. */
export function isTable(raw: unknown): raw is Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Date);
}

export function integerFrom(min: number, max: number, unit = ''): ValueType<number> {
  const isValid = (raw: unknown): raw is number =>
    Number.isSafeInteger(raw) && (raw as number) >= min && (raw as number) <= max;
  const fromToml = (raw: unknown): number | undefined => (isValid(raw) ? raw : undefined);
  return {
    expected: `an integer from ${min} to ${max}${unit === '' ? '' : ` (${unit})`}`,
    fromToml,
    fromText: (text) => (/^\d{1,15}$/.test(text) ? fromToml(Number(text)) : undefined),
    toToml: String,
  };
}

function textThat(expected: string, isValid: (text: string) => boolean): ValueType<string> {
  const fromText = (text: string): string | undefined =>
    text.isWellFormed() && isValid(text) ? text : undefined;
  return {
    expected,
    fromToml: (raw) => (typeof raw === 'string' ? fromText(raw) : undefined),
    fromText,
    toToml: quoted,
  };
}

export function textOf(lengthMin: number, lengthMax: number): ValueType<string> {
  return textThat(
    `text of ${lengthMin} to ${lengthMax} characters`,
    (text) => text.length >= lengthMin && text.length <= lengthMax,
  );
}

export function choiceOf<const T extends string>(...choices: readonly T[]): ValueType<T> {
  const fromToml = (raw: unknown): T | undefined => choices.find((choice) => choice === raw);
  return {
    expected: `one of ${choices.map(quoted).join(', ')}`,
    fromToml,
    fromText: fromToml,
    toToml: quoted,
  };
}

/** Of this machine, to listen on. */
export const listenHost: ValueType<string> = textThat(
  'an IP address of this machine or "localhost"',
  (text) => isIP(text) !== 0 || text === 'localhost',
);

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const HOST_NAMES_MAX = 16;

/** None, or some; text separates them by commas. */
export const hostNames: ValueType<readonly string[]> = {
  expected: `a list of at most ${HOST_NAMES_MAX} host names in lower case`,
  fromToml: (raw) => {
    if (!Array.isArray(raw) || raw.length > HOST_NAMES_MAX) return undefined;
    return raw.every((name) => typeof name === 'string' && HOST_NAME.test(name)) ? raw : undefined;
  },
  fromText: (text) => hostNames.fromToml(text.split(',').map((part) => part.trim())),
  toToml: (value) => `[${value.map(quoted).join(', ')}]`,
};

const ADDRESS_EXPECTED = 'such as "/ip4/10.1.2.3/tcp/4100" or "/dns4/node.hospital.example/tcp/4100"';

function addressThat(raw: unknown, isValid: (address: TcpAddress) => boolean): string | undefined {
  const address = typeof raw === 'string' ? parseTcpAddress(raw) : undefined;
  return address !== undefined && isValid(address) ? multiaddrOf(address) : undefined;
}

function everyOf<T>(raw: unknown, read: (item: unknown) => T | undefined): readonly T[] | undefined {
  if (!Array.isArray(raw) || raw.length === 0) return undefined;
  const items = raw.map(read);
  return items.every((item) => item !== undefined) ? (items as readonly T[]) : undefined;
}

/** One or more addresses; text separates them by commas. */
export function addressList(isValid: (address: TcpAddress) => boolean): ValueType<readonly string[]> {
  const fromToml = (raw: unknown): readonly string[] | undefined =>
    everyOf(raw, (item) => addressThat(item, isValid));
  return {
    expected: `a list of addresses ${ADDRESS_EXPECTED}`,
    fromToml,
    fromText: (text) => fromToml(text.split(',').map((part) => part.trim())),
    toToml: (value) => `[${value.map(quoted).join(', ')}]`,
  };
}

/** Name or id of an institution -> where to dial it. */
export type PeerAddresses = Readonly<Record<string, readonly string[]>>;

/** One address or a list for each name; as text `NAME=ADDRESS`, separated by commas. */
export function peerAddresses(isValid: (address: TcpAddress) => boolean): ValueType<PeerAddresses> {
  const fromToml = (raw: unknown): PeerAddresses | undefined => {
    if (!isTable(raw)) return undefined;
    const entries = Object.entries(raw).map(([name, value]: [string, unknown]) => {
      const list = everyOf(Array.isArray(value) ? value : [value], (item) => addressThat(item, isValid));
      return list === undefined || name === '' ? undefined : ([name, list] as const);
    });
    return entries.every((entry) => entry !== undefined) ? Object.fromEntries(entries) : undefined;
  };
  return {
    expected: `a table of institution = address ${ADDRESS_EXPECTED}`,
    fromToml,
    fromText: (text) => {
      const pairs = text.split(',').map((part) => /^\s*([^=]+?)\s*=\s*(\S+)\s*$/.exec(part));
      if (!pairs.every((pair) => pair !== null)) return undefined;
      return fromToml(Object.fromEntries(pairs.map(([, name, address]) => [name, address])));
    },
    toToml: (value) => {
      const entries = Object.entries(value).map(
        ([name, list]) => `${quoted(name)} = [${list.map(quoted).join(', ')}]`,
      );
      return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
    },
  };
}

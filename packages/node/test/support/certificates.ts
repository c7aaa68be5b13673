// Real X.509 certificates for tests of TLS, in DER by hand (RFC 5280): an authority, and what it signs.
import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const { length } = body;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};

const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (...bytes: readonly number[]): Buffer => der(0x06, Buffer.from(bytes));
const octets = (bytes: Uint8Array): Buffer => der(0x04, bytes);
const bits = (bytes: Uint8Array): Buffer => der(0x03, Buffer.from([0]), bytes);
const integer = (bytes: Uint8Array): Buffer => der(0x02, Buffer.concat([Buffer.from([0x01]), bytes]));
const time = (ms: number): Buffer => {
  const text = new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${text}Z`));
};

const COMMON_NAME = oid(0x55, 0x04, 0x03);
const ECDSA_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const BASIC_CONSTRAINTS = oid(0x55, 0x1d, 0x13);
const SUBJECT_ALT_NAME = oid(0x55, 0x1d, 0x11);
const TRUE = der(0x01, Buffer.from([0xff]));

const nameOf = (text: string): Buffer =>
  sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))));

export interface TestCertificate {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  readonly sha256: string;
  readonly name: string;
  readonly privateKey: KeyObject;
}

const DAY_MS = 86_400_000;

/** Signed by the issuer, or by itself; good for 127.0.0.1 and localhost. */
export function createCertificate(
  name: string,
  { issuer, authority = false }: { readonly issuer?: TestCertificate; readonly authority?: boolean } = {},
): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = Date.now();
  const names = sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])));
  const extensions = sequence(
    sequence(BASIC_CONSTRAINTS, TRUE, octets(authority ? sequence(TRUE) : sequence())),
    sequence(SUBJECT_ALT_NAME, octets(names)),
  );
  const toSign = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    integer(randomBytes(8)),
    ECDSA_SHA256,
    nameOf(issuer?.name ?? name),
    sequence(time(now - DAY_MS), time(now + 30 * DAY_MS)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const signature = sign('sha256', toSign, issuer?.privateKey ?? privateKey);
  const certificate = new X509Certificate(sequence(toSign, ECDSA_SHA256, bits(signature)));
  return {
    cert: certificate.toString(),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    name,
    privateKey,
  };
}

// Everything that reads bytes of others, by name: named decoders with their samples, and every exported shape of the
// canonical encoding, which needs no entry of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decode, encode, OBJECT_BYTES_MAX, type Shape } from '@consilium/core';
import { AUDIT_DECODERS } from './audit-decoders.ts';
import { CLIENT_DECODERS } from './client-decoders.ts';
import { CORE_DECODERS, CORE_SAMPLES } from './core-decoders.ts';
import type { Decoder } from './decoder.ts';
import { decoderOf } from './make.ts';
import { NODE_DECODERS } from './node-decoders.ts';

export const DECODERS: readonly Decoder[] = [
  ...CORE_DECODERS,
  ...NODE_DECODERS,
  ...CLIENT_DECODERS,
  ...AUDIT_DECODERS,
];

/** Bytes of every kind, for each decoder to be given those of the others. */
export const ALL_SAMPLES: readonly Uint8Array[] = [
  ...CORE_SAMPLES,
  ...DECODERS.flatMap(({ samples }) => samples),
];

const PACKAGES = fileURLToPath(new URL('../../../../', import.meta.url));
const PROTOCOL_PACKAGES = ['core', 'consensus', 'node', 'sealing', 'sdk'];

const DECODER_EXPORT =
  /^export (?:async )?(?:function|const) ((?:decode|parse)[A-Z]\w*|\w+From(?:Text|Json|Bytes|Utf8))\b/gm;
const SHAPE_EXPORT = /^export const (\w+Shape)\b/gm;

/** Exports with such names that read nothing of others, and why. */
export const NO_DECODERS: Readonly<Record<string, string>> = {
  'core/src/state-tree.ts#parseTreeNode': 'own rows, behind the checksum of the store',
  'sdk/src/audit/sectioned-file.ts#parseSectioned': 'a part of every reader of such files, which are listed',
  'sdk/src/keys/key-file.ts#parseObject': 'a part of every reader of files, which are listed',
  'sdk/src/records/prepare.ts#parseResource': 'FHIR of the caller; packages/fhir has its own tests',
};

function exportsOf(pattern: RegExp): readonly string[] {
  return PROTOCOL_PACKAGES.flatMap((name) => {
    const folder = join(PACKAGES, name, 'src');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    return files.flatMap((file) => {
      const path = join(folder, file);
      const place = relative(PACKAGES, path).split(sep).join('/');
      return [...readFileSync(path, 'utf8').matchAll(pattern)].map(([, found]) => `${place}#${found}`);
    });
  }).sort();
}

/** Named like a decoder, wherever it stands. */
export function exportedDecoders(): readonly string[] {
  return exportsOf(DECODER_EXPORT);
}

/** Every exported shape as a decoder: what it reads it writes again, byte for byte. */
export async function shapeDecoders(): Promise<readonly Decoder[]> {
  const found = exportsOf(SHAPE_EXPORT);
  return Promise.all(
    found.map(async (name) => {
      const [file = '', exported = ''] = name.split('#');
      const module = (await import(join(PACKAGES, file))) as Record<string, Shape<unknown>>;
      const shape = module[exported] as Shape<unknown>;
      return decoderOf(
        name,
        [],
        (bytes) => decode(shape, bytes, OBJECT_BYTES_MAX),
        (value) => encode(shape, value),
      );
    }),
  );
}

// Owns: the JSON forms that several routes share, as TypeBox schemas held against core's own types. One with a `title`
// stands once in the OpenAPI document, under that name. Does not own: the forms of one route alone (routes/).
import {
  type Certificate,
  ERRORS,
  type ErrorCode,
  type ErrorData,
  type Header,
  type Hex32,
  type MerkleProof,
  type StateProof,
} from '@consilium/core';
import { type Static, type TSchema, type TUnsafe, Type } from 'typebox';
import type { SigningMode } from '../replica/replica.ts';
import type { InstitutionRole } from './deps.ts';
import type { Problem } from './problems.ts';

/** The schema as one of `T`: compiles only if what the schema admits is a `T`. */
export function schemaOf<T>(): <S extends TSchema>(schema: Static<S> extends T ? S : never) => TUnsafe<T> {
  return (schema) => Type.Unsafe<T>(schema);
}

function hexOf(bytes: number, description: string): TUnsafe<string> {
  return Type.Unsafe<string>(Type.String({ pattern: `^[0-9a-f]{${bytes * 2}}$`, description }));
}

export const hex32: TUnsafe<Hex32> = hexOf(32, '32 bytes in lower-case hex');
const hex64 = hexOf(64, '64 bytes in lower-case hex');

/** Any number of bytes in lower-case hex, up to a bound. */
export function hexText(bytesMax: number, description: string): TUnsafe<string> {
  return Type.Unsafe<string>(
    Type.String({ pattern: '^(?:[0-9a-f]{2})*$', maxLength: bytesMax * 2, description }),
  );
}

/** Bytes in an answer: what the store holds is not checked again by a pattern. */
export function hexAnswer(description: string): TUnsafe<string> {
  return Type.Unsafe<string>(Type.String({ description }));
}

/** One of these words. */
export function word<const T extends string>(...words: readonly T[]): TUnsafe<T> {
  return Type.Unsafe<T>({ type: 'string', enum: [...words] });
}

export function nullable<T>(schema: TUnsafe<T>): TUnsafe<T | null> {
  return Type.Unsafe<T | null>(Type.Union([schema, Type.Null()]));
}

export const height: TUnsafe<number> = Type.Unsafe<number>(
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
);
export const heightOrZero: TUnsafe<number> = Type.Unsafe<number>(
  Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
);
export const timeMs: TUnsafe<number> = Type.Unsafe<number>(
  Type.Integer({ minimum: 0, description: 'milliseconds since the epoch' }),
);
const count = Type.Integer({ minimum: 0 });

export const header: TUnsafe<Header> = schemaOf<Header>()(
  Type.Object(
    {
      version: count,
      genesis: hex32,
      height,
      time: timeMs,
      parent: hex32,
      author: hex32,
      txRoot: hex32,
      resultRoot: hex32,
      stateRoot: hex32,
      validatorsHash: hex32,
      nextValidatorsHash: hex32,
      lastCertificateHash: hex32,
      evidenceRoot: hex32,
    },
    { title: 'Header' },
  ),
);

export const certificate: TUnsafe<Certificate> = schemaOf<Certificate>()(
  Type.Object(
    {
      type: word('prevote', 'precommit'),
      height,
      round: count,
      blockId: nullable(hex32),
      validRound: Type.Integer({ minimum: -1 }),
      signatures: Type.Array(Type.Object({ index: count, signature: hex64 })),
    },
    { title: 'Certificate', description: 'precommits of more than two thirds of the set of this height' },
  ),
);

export const merkleProof: TUnsafe<MerkleProof> = schemaOf<MerkleProof>()(
  Type.Object(
    { index: count, size: count, path: Type.Array(hex32) },
    { title: 'MerkleProof', description: 'RFC 6962 inclusion proof; siblings from the leaf upwards' },
  ),
);

export const stateProof: TUnsafe<StateProof> = schemaOf<StateProof>()(
  Type.Object(
    {
      siblings: Type.Array(hex32),
      leaf: Type.Union([Type.Object({ keyHash: hex32, valueHash: hex32 }), Type.Null()]),
    },
    { title: 'StateProof', description: 'path in the state tree; siblings from the root downwards' },
  ),
);

export const errorCode: TUnsafe<ErrorCode> = Type.Unsafe<ErrorCode>({
  type: 'string',
  title: 'ErrorCode',
  enum: Object.keys(ERRORS),
});
export const errorData: TUnsafe<ErrorData> = Type.Unsafe<ErrorData>(
  Type.Object(
    {},
    {
      title: 'ErrorData',
      description: 'plain facts: heights, limits, names of fields',
      additionalProperties: Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
    },
  ),
);
export const resultCode: TUnsafe<string> = Type.Unsafe<string>(
  Type.String({ description: "code of the transaction's result" }),
);

export const signingState: TUnsafe<SigningMode> = schemaOf<SigningMode>()(
  word('signing', 'hearing', 'observing', 'stopped', 'observer', 'away'),
);

export const institutionRole: TUnsafe<InstitutionRole> = schemaOf<InstitutionRole>()(
  word('validator', 'learner', 'observer', 'none'),
);

const problem: TUnsafe<Problem> = schemaOf<Problem>()(
  Type.Object(
    {
      type: Type.String(),
      title: Type.String(),
      status: Type.Integer(),
      code: errorCode,
      detail: Type.String(),
      data: errorData,
    },
    { title: 'Problem', description: 'RFC 9457, with a stable `code` and its `data`' },
  ),
);

/** What a route answers: its own schema by status, and problems for everything else. */
export interface ProblemResponses {
  readonly '4xx': ResponseBody;
  readonly '5xx': ResponseBody;
}

interface ResponseBody {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: TSchema }>>;
}

export const problems: ProblemResponses = {
  '4xx': {
    description: 'refused; `code` says why',
    content: { 'application/problem+json': { schema: problem } },
  },
  '5xx': {
    description: 'the node could not answer; `code` says why',
    content: { 'application/problem+json': { schema: problem } },
  },
};

// Owns: the door to custody: sealed records handed in, shares asked for, own records and ciphertext read. Bytes go in and
// out as they are. Does not own: who may have what (custody and the ledger), and what an answer is worth, which the client
// checks.
import {
  BLOB_BYTES_MAX,
  byteString,
  decode,
  encode,
  encodeOwnRecords,
  type Hex32,
  isConsiliumError,
  list,
  nullable as nullableOf,
  type OwnRecord,
  PACKAGE_BYTES_MAX,
  REQUEST_BYTES_MAX,
  toHex,
  VALIDATORS_MAX,
} from '@consilium/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { ReadBlobs } from '../../custody/blob-reader.ts';
import type { Gathered } from '../../custody/gatherer.ts';
import type { CustodianAnswer } from '../../custody/relay.ts';
import type { Outcome } from '../../custody/types.ts';
import { GATHER_DEFAULT_MS, GATHER_MS_MAX } from '../../limits.ts';
import type { RouteContext } from '../context.ts';
import {
  BLOBS_BODY_BYTES_MAX,
  BLOBS_PER_READ_MAX,
  BLOBS_PER_UPLOAD_MAX,
  COST_CUSTODY,
  CUSTODY_REQUESTS_MAX,
} from '../limits.ts';
import { ApiRefusal } from '../problems.ts';
import { errorCode, hex32, hexAnswer, nullable, problems } from '../schemas.ts';
import type { ApiServer } from '../server.ts';

const uploadShape = list(byteString(BLOB_BYTES_MAX), BLOBS_PER_UPLOAD_MAX, 1);
const blobsShape = list(nullableOf(byteString(BLOB_BYTES_MAX)), BLOBS_PER_READ_MAX);

const index = Type.Integer({ minimum: 1, maximum: VALIDATORS_MAX });
const OCTETS = 'application/octet-stream';

function octets(description: string) {
  return { content: { [OCTETS]: { schema: Type.Unsafe<Uint8Array>({ description }) } } };
}

const storeSchema = {
  operationId: 'storeBlobs',
  summary: 'Hand in pieces of ciphertext; answered when they are durable here',
  body: octets('canonical list of byte strings, at most 4 MB together'),
  response: {
    200: Type.Object(
      { ids: Type.Array(hex32) },
      {
        description: 'SHA-256 of each, in the order of the request; unused ones are destroyed after an hour',
      },
    ),
    ...problems,
  },
};

const pushSchema = {
  operationId: 'pushPackage',
  summary: 'Hand in a signed custody package and collect the receipts of its custodians',
  querystring: Type.Object(
    {
      timeoutMs: Type.Optional(
        Type.Integer({ minimum: 1, maximum: GATHER_MS_MAX, default: GATHER_DEFAULT_MS }),
      ),
    },
    { additionalProperties: false },
  ),
  body: octets('encoded custody package'),
  response: {
    200: Type.Object(
      {
        batch: hex32,
        epoch: Type.Integer({ minimum: 0 }),
        needed: Type.Integer({ minimum: 1, description: 'receipts that a registration needs' }),
        receipts: Type.Array(Type.Object({ index, signature: hexAnswer('64 bytes') })),
        missing: Type.Array(
          Type.Object({ index, institution: hex32, name: Type.String(), code: nullable(errorCode) }),
          { description: 'custodians without a receipt, and why; null: no answer yet' },
        ),
      },
      { description: 'as soon as enough receipts are there, else what there is in time; ask again for more' },
    ),
    ...problems,
  },
};

const releaseSchema = {
  operationId: 'askReleases',
  summary: 'Ask all custodians for their shares of an access; each answers for itself',
  querystring: Type.Object(
    { wait: Type.Optional(Type.Union([Type.Literal('enough'), Type.Literal('all')], { default: 'enough' })) },
    { additionalProperties: false },
  ),
  body: octets('encoded request, signed by the reader'),
  response: {
    200: Type.Object(
      {
        answers: Type.Array(
          Type.Union([
            Type.Object({ custodian: hex32, release: hexAnswer('encoded release') }),
            Type.Object({ custodian: hex32, code: errorCode }),
          ]),
        ),
      },
      { description: 'in the order in which they came; the silent ones last' },
    ),
    ...problems,
  },
};

const ownSchema = {
  operationId: 'readOwn',
  summary: 'What a patient opens own records with',
  body: octets('encoded request, signed by the patient'),
  response: { 200: { description: 'encoded list of own records', ...octets('own records') }, ...problems },
};

const readSchema = {
  operationId: 'readBlobs',
  summary: 'Pieces of ciphertext by their ids, from this node or from any other',
  body: Type.Object(
    { ids: Type.Array(hex32, { minItems: 1, maxItems: BLOBS_PER_READ_MAX }) },
    { additionalProperties: false },
  ),
  response: {
    200: {
      description:
        'canonical list of byte strings in the order of the ids, null where nobody has one; ' +
        'shorter than the request when more would be over 4 MB: ask again for the rest',
      ...octets('list of byte strings or null'),
    },
    ...problems,
  },
};

export function custodyRoutes(server: ApiServer, context: RouteContext): void {
  const { custody } = context.deps;
  const config = { role: 'submitter', cost: COST_CUSTODY } as const;
  const reading = { role: 'reader', cost: COST_CUSTODY } as const;
  const onRequest = createDoorkeeper(CUSTODY_REQUESTS_MAX);

  server.post(
    '/v1/custody/blobs',
    { schema: storeSchema, bodyLimit: BLOBS_BODY_BYTES_MAX, config, onRequest },
    async (request) => {
      const blobs = decode(uploadShape, bodyOctets(request), BLOBS_BODY_BYTES_MAX);
      return { ids: [...(await outcome<readonly Hex32[]>((done) => custody.storeBlobs(blobs, done)))] };
    },
  );

  server.post(
    '/v1/custody/packages',
    { schema: pushSchema, bodyLimit: PACKAGE_BYTES_MAX, config, onRequest },
    async (request) => {
      const { timeoutMs = GATHER_DEFAULT_MS } = request.query;
      const bytes = bodyOctets(request);
      const gathered = await outcome<Gathered>((done) => custody.push(bytes, timeoutMs, done));
      return { ...gathered, receipts: [...gathered.receipts], missing: [...gathered.missing] };
    },
  );

  server.post(
    '/v1/custody/releases',
    { schema: releaseSchema, bodyLimit: REQUEST_BYTES_MAX, config: reading, onRequest },
    async (request) => {
      const { wait = 'enough' } = request.query;
      const bytes = bodyOctets(request);
      const answers = await outcome<readonly CustodianAnswer[]>((done) => custody.release(bytes, wait, done));
      return {
        answers: answers.map((answer) =>
          'release' in answer ? { ...answer, release: toHex(answer.release) } : answer,
        ),
      };
    },
  );

  server.post(
    '/v1/custody/own',
    { schema: ownSchema, bodyLimit: REQUEST_BYTES_MAX, config: reading, onRequest },
    async (request, reply) => {
      const bytes = bodyOctets(request);
      const records = await outcome<readonly OwnRecord[]>((done) => custody.own(bytes, done));
      return sendOctets(reply, encodeOwnRecords(records));
    },
  );

  server.post(
    '/v1/custody/blobs/read',
    { schema: readSchema, config: reading, onRequest },
    async (request, reply) => {
      const { ids } = request.body;
      const blobs = await new Promise<ReadBlobs>((resolve) => custody.readBlobs(ids, resolve));
      return sendOctets(reply, encode(blobsShape, blobs));
    },
  );
}

/** The result of custody, or its refusal thrown. */
async function outcome<T>(ask: (done: (result: Outcome<T>) => void) => void): Promise<T> {
  const result = await new Promise<Outcome<T>>((resolve) => ask(resolve));
  if (isConsiliumError(result)) throw new ApiRefusal(result.code, result.data);
  return result;
}

function bodyOctets({ body }: { readonly body: unknown }): Uint8Array {
  if (!(body instanceof Uint8Array)) throw new ApiRefusal('MEDIA_TYPE_UNSUPPORTED');
  return new Uint8Array(body.buffer, body.byteOffset, body.length);
}

/** What the schema says of octets is for readers: a body of bytes is sent as it is. */
function sendOctets(reply: FastifyReply, bytes: Uint8Array): FastifyReply {
  return reply.type(OCTETS).send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
}

/** Lets in so many at once, before their bodies are read. */
function createDoorkeeper(countMax: number) {
  let count = 0;
  return async (_request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (count >= countMax) throw new ApiRefusal('API_BUSY', { requests: count });
    count += 1;
    reply.raw.once('close', () => {
      count -= 1;
    });
  };
}

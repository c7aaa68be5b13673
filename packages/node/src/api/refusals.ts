// Owns: making a coded refusal of whatever was thrown while a request was answered, and sending it. Does not own: the
// statuses (problems.ts).
import { ConsiliumError, type ErrorCode, type ErrorData } from '@consilium/core';
import type { FastifyError, FastifyReply } from 'fastify';
import { PROBLEM_MEDIA_TYPE, problemOf, retryAfterSeconds } from './problems.ts';

/** The refusal that an error stands for. An error that nobody coded becomes `INTERNAL_ERROR` and tells nothing. */
export function refusalOf(error: unknown): ConsiliumError {
  if (error instanceof ConsiliumError) return error;
  if (!isFastifyError(error)) return new ConsiliumError('INTERNAL_ERROR');
  if (error.validation !== undefined) return invalidRequest(error);
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new ConsiliumError('ENCODING_TOO_LARGE');
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new ConsiliumError('MEDIA_TYPE_UNSUPPORTED');
  if ((error.statusCode ?? 500) < 500) return new ConsiliumError('REQUEST_INVALID', { rule: error.code });
  return new ConsiliumError('INTERNAL_ERROR');
}

declare module 'fastify' {
  interface FastifyReply {
    /** Code of the refusal that this answer is. */
    refusedWith?: ErrorCode;
  }
}

export function sendRefusal(reply: FastifyReply, refusal: ConsiliumError): FastifyReply {
  const problem = problemOf(refusal);
  reply.refusedWith = refusal.code;
  const retryAfter = retryAfterSeconds(refusal);
  if (retryAfter !== undefined) reply.header('retry-after', retryAfter);
  // RFC 9110: who is asked for credentials is told which.
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="consilium"');
  return reply.code(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem));
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}

/** Says where the request is wrong and which rule it breaks; never what stood there. */
function invalidRequest(error: FastifyError): ConsiliumError {
  const [first] = error.validation ?? [];
  const where = `${error.validationContext ?? 'request'}${first?.instancePath ?? ''}`;
  const data: ErrorData = { where, rule: first?.keyword ?? 'form' };
  return new ConsiliumError('REQUEST_INVALID', data, `${where} ${first?.message ?? 'is malformed'}`);
}

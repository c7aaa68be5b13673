// Owns: that every action of an operator is noted: durably before it begins, and with its outcome before it is answered.
// Does not own: the log (audit/), nor what the actions do (routes/).
import type { ErrorData } from '@consilium/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AdminAct } from '../audit/admin-line.ts';
import { PROBLEM_MEDIA_TYPE, problemOf } from './problems.ts';
import { refusalOf } from './refusals.ts';
import { ANONYMOUS } from './roles.ts';
import type { ApiServer } from './server.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Name of what this route does, such as `snapshot.create`. Every route of the operator that changes something has one. */
    action?: string;
  }

  interface FastifyRequest {
    /** What a handler wants noted with the outcome of its action: heights, counts, names. */
    facts: ErrorData;
    /** Whether the beginning of its action is noted. */
    isNoted: boolean;
  }
}

export interface ActionNotes {
  readonly append: (act: AdminAct) => Promise<unknown>;
}

/** To be called before the routes are registered. An action that cannot be noted is refused, with the disk's refusal. */
export function noteActions(server: ApiServer, notes: ActionNotes): void {
  server.decorateRequest('isNoted', false);
  server.addHook('onRequest', async (request) => {
    request.facts = {};
  });
  server.addHook('onRoute', ({ method, url, config }) => {
    const changes = !['GET', 'HEAD'].includes(String(method));
    if (changes && config?.role === 'operator' && config.action === undefined)
      throw new Error(`invariant: ${url} changes something and does not name its action`);
  });
  server.addHook('preHandler', async (request) => {
    const { action } = request.routeOptions.config;
    if (action === undefined) return;
    await notes.append(actOf(request, action, 'begun'));
    request.isNoted = true;
  });
  server.addHook('onSend', async (request, reply, payload) => {
    const { action } = request.routeOptions.config;
    if (action === undefined || !request.isNoted) return payload;
    request.isNoted = false;
    try {
      await notes.append(actOf(request, action, outcomeOf(reply)));
      return payload;
    } catch (error) {
      return unnoted(reply, error);
    }
  });
}

/** An action that needs no role at all; there is none. */
const NOBODY = { name: ANONYMOUS, role: 'reader' };

function actOf({ caller, facts }: FastifyRequest, action: string, outcome: string): AdminAct {
  const { name: by, role } = caller ?? NOBODY;
  return { by, role, action, outcome, facts };
}

function outcomeOf(reply: FastifyReply): string {
  return reply.statusCode < 400 ? 'done' : (reply.refusedWith ?? String(reply.statusCode));
}

/** It was done, and nobody may say so: the caller is told that the log failed. */
function unnoted(reply: FastifyReply, error: unknown): string {
  const problem = problemOf(refusalOf(error));
  reply.code(problem.status).type(PROBLEM_MEDIA_TYPE).removeHeader('content-length');
  return JSON.stringify(problem);
}

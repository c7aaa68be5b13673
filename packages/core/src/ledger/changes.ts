// Owns: which module judges and makes a change that the hospitals vote on. Does not own: the vote (proposals.ts), the rules
// of any change (institutions.ts, rotation.ts, params.ts, policy.ts, upgrades.ts).
import type { ActionContext } from './context.ts';
import type { GovernedChange } from './governance-rows.ts';
import { admit, checkAdmission, checkRemoval, remove } from './institutions.ts';
import { checkParams, decideParams } from './params.ts';
import { checkPolicy, decidePolicy } from './policy.ts';
import { checkRotation, rotate } from './rotation.ts';
import { checkUpgrade, decideUpgrade } from './upgrades.ts';

/** Throws the code by which the change cannot be made now. Asked when it is proposed, and again when it is decided. */
export function checkChange(context: ActionContext, change: GovernedChange): void {
  const { state, genesis, height } = context;
  switch (change.type) {
    case 'admit':
      return checkAdmission(context, change.card, 'learner');
    case 'observe':
      return checkAdmission(context, change.card, 'observer');
    case 'remove':
      return checkRemoval(context, change);
    case 'rotate':
      return checkRotation(context, change);
    case 'params':
      return checkParams(state, genesis, change);
    case 'upgrade':
      return checkUpgrade(state, change, height);
    case 'policy':
      return checkPolicy(state, change.policy);
  }
}

export function applyChange(context: ActionContext, change: GovernedChange): void {
  const { state, genesis, height } = context;
  switch (change.type) {
    case 'admit':
      return admit(context, change.card, 'learner');
    case 'observe':
      return admit(context, change.card, 'observer');
    case 'remove':
      return remove(context, change.institution);
    case 'rotate':
      return rotate(context, change);
    case 'params':
      return decideParams(state, genesis, change.params, height);
    case 'upgrade':
      return decideUpgrade(state, change, height);
    case 'policy':
      return decidePolicy(state, change.policy);
  }
}

// Owns: a refusal as one line: its code, what to do, and the facts. Does not own: exit codes (exit-codes.ts).
import { type ConsiliumError, ERRORS } from '@consilium/core';
import { printable } from './text.ts';

export function refusalLine(error: ConsiliumError): string {
  const facts = Object.entries(error.data).map(([name, value]) => `${name}: ${value}`);
  const sentence = error.message === '' ? ERRORS[error.code] : error.message;
  const tail = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  return printable(`${error.code}: ${sentence}${tail}`);
}

// Owns: the options by which a person says of a file what a FHIR resource says of itself, or more than it says.
import { CONFIDENTIALITY_LEVELS } from '@consilium/core';
import { COMMON_CATEGORIES, COMMON_LABELS } from '@consilium/sdk';
import type { FileMarks } from '@consilium/sdk/node';
import type { Command } from 'commander';
import { collect, knownWords, monthOf, oneOf } from '../usage.ts';

export interface FileMarkOptions {
  readonly category?: string;
  readonly label?: readonly string[];
  readonly month?: string;
  readonly confidentiality?: string;
}

export function addFileMarkOptions(command: Command): Command {
  return command
    .option('--category <word>', 'category of files that are no FHIR resources (default: documents)')
    .option(
      '--label <code>',
      'sensitivity label, of a FHIR resource besides its own, e.g. PSY; may stand several times',
      collect,
    )
    .option('--month <yyyy-mm>', 'month of what such files say (default: not known)')
    .option(
      '--confidentiality <code>',
      `at least: ${CONFIDENTIALITY_LEVELS.join(', ')} (default: by the labels)`,
    );
}

/** Only what was said. */
export function fileMarksOf({ category, label, month, confidentiality }: FileMarkOptions): FileMarks {
  return {
    ...(category !== undefined && { category: oneOf(COMMON_CATEGORIES, category, '--category') }),
    ...(label !== undefined && { labels: knownWords(COMMON_LABELS, label, '--label') }),
    ...(month !== undefined && { month: monthOf(month, '--month') }),
    ...(confidentiality !== undefined && {
      confidentiality: oneOf(CONFIDENTIALITY_LEVELS, confidentiality, '--confidentiality'),
    }),
  };
}

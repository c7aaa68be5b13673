// Owns: one line for people, from the texts of a resource. It says what a record is about: it never leaves the client.
import { at, atPath, textOf } from '../json.ts';
import { TITLE_LENGTH_MAX } from '../limits.ts';
import { isResourceType } from '../validate/resource-types.ts';

/** In the order in which they are asked: first the thing itself, then its kind. */
const ELEMENTS: readonly string[] = [
  'code',
  'title',
  'medicationCodeableConcept',
  'medicationReference',
  'vaccineCode',
  'description',
  'type',
  'deviceName.name',
  'name',
  'category',
  'scope',
  'reasonCode',
];

/** Of a text itself; of a concept its text, else its first display; of a name its parts. */
function textIn(value: unknown): string | undefined {
  const item = Array.isArray(value) ? value[0] : value;
  const candidates = [
    item,
    at(item, 'text'),
    atPath(item, 'coding.display'),
    at(item, 'display'),
    at(item, 'family'),
  ];
  return candidates.map(textOf).find((text) => text !== undefined && text.trim() !== '');
}

function shorten(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();
  const signs = [...line];
  return signs.length <= TITLE_LENGTH_MAX ? line : `${signs.slice(0, TITLE_LENGTH_MAX - 1).join('')}…`;
}

export function titleOf(resource: unknown): string {
  for (const element of ELEMENTS) {
    const text = textIn(atPath(resource, element));
    if (text !== undefined) return shorten(text);
  }
  const type = textOf(at(resource, 'resourceType')) ?? '';
  return isResourceType(type) ? type : 'Record';
}

import { describe, expect, test } from 'vitest';
import { documentsOfBundle } from '../../src/index.ts';
import { sampleBundle } from '../support/sample-bundle.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bundle = (entry: string): string => `{"resourceType":"Bundle","entry":${entry}}`;

describe('cutting a bundle', () => {
  test('gives each resource as the exact bytes that stand in the text', () => {
    const source =
      ' {"entry" :[ {"resource": {"a" : 1.0, "b":"\\u00e9" }  },\n{"resource":{}}], "resourceType":"Bundle"}\n';
    expect(documentsOfBundle(source).map(text)).toEqual(['{"a" : 1.0, "b":"\\u00e9" }', '{}']);
  });

  test('every resource of a large bundle stands in it, in order', () => {
    const source = sampleBundle(1_111);
    const documents = documentsOfBundle(source).map(text);
    expect(documents).toHaveLength(1_111);
    let position = 0;
    for (const document of documents) {
      const found = source.indexOf(document, position);
      expect(found).toBeGreaterThan(0);
      position = found + document.length;
    }
    const ids = documents.map((document) => JSON.parse(document).id);
    expect(ids[6]).toBe('observation-6');
  });

  test('resources and entries inside a resource are part of it', () => {
    const inner = '{"resource":{"x":1},"entry":[{"resource":{}}],"resourceType":"Parameters"}';
    expect(documentsOfBundle(bundle(`[{"resource":${inner}}]`)).map(text)).toEqual([inner]);
  });

  test.each([
    ['no JSON', 'hello'],
    ['cut off', '{"resourceType":"Bundle","entry":[{"resource":{}}]'],
    ['a comment', '{"resourceType":"Bundle",/* */"entry":[{"resource":{}}]}'],
    ['a trailing comma', '{"resourceType":"Bundle","entry":[{"resource":{}},]}'],
    ['text behind the end', `${bundle('[{"resource":{}}]')} {}`],
    ['another resource', '{"resourceType":"Patient"}'],
    ['no resourceType', '{"entry":[{"resource":{}}]}'],
    ['two resource types', '{"resourceType":"Bundle","resourceType":"Bundle","entry":[{"resource":{}}]}'],
    ['no entry', '{"resourceType":"Bundle"}'],
    ['an empty list', bundle('[]')],
    ['two lists of entries', '{"resourceType":"Bundle","entry":[{"resource":{}}],"entry":[{"resource":{}}]}'],
    ['an entry without a resource', bundle('[{"resource":{}},{"fullUrl":"x"}]')],
    ['two resources in one entry', bundle('[{"resource":{},"resource":{}}]')],
    ['a resource that is text', bundle('[{"resource":"x"}]')],
    ['a resource that is a list', bundle('[{"resource":[]}]')],
    ['an entry that is a list', bundle('[[]]')],
    ['an entry that is null', bundle('[null]')],
    ['entries that are an object', bundle('{"resource":{}}')],
    ['a list', '[{"resource":{}}]'],
    ['text that is not well formed', bundle('[{"resource":{"a":"\ud800"}}]')],
  ])('refuses %s, and says nothing of the content', (_what, source) => {
    expect(() => documentsOfBundle(source)).toThrow(expect.objectContaining({ code: 'BUNDLE_INVALID' }));
  });
});

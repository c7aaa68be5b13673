import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { editDistance, nearestName } from '../../../src/config/nearest.ts';
import { createLineOf } from '../../../src/config/toml-lines.ts';

describe('the line of a key', () => {
  test('is where its statement begins, however its value runs on', () => {
    const lineOf = createLineOf(
      [
        '# head',
        'a = """',
        'b = 1',
        '"""',
        '[t] # table',
        '"x.y" = [',
        '  1, # one',
        '',
        '  2]',
        't2.deep = { k = 1 }',
        "b = '''",
        "c = 1'''",
      ].join('\n'),
    );
    const lines = [['a'], ['t'], ['t', 'x.y'], ['t', 't2'], ['t', 't2', 'deep', 'k'], ['t', 'b']].map(lineOf);
    expect(lines).toEqual([2, 5, 6, 10, 10, 11]);
    expect(lineOf(['b'])).toBeUndefined();
    expect(lineOf(['t', 'c'])).toBeUndefined();
  });

  test('is known for every key of any text', () => {
    const value = fc.constantFrom('1', '"a # b"', '[1,\n2]', '"""x\n[y]\nz = 1"""', "'''\n\n'''");
    const line = fc.oneof(fc.record({ filler: fc.constantFrom('', '# c = 1', '   ') }), fc.record({ value }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 12 }), (parts) => {
        const statements = parts.map((part, index) =>
          'filler' in part ? part.filler : `k${index} = ${part.value}`,
        );
        const toml = statements.join('\n');
        expect(() => parse(toml)).not.toThrow();
        const lineOf = createLineOf(toml);
        let next = 1;
        for (const [index, statement] of statements.entries()) {
          if (statement.startsWith('k')) expect(lineOf([`k${index}`])).toBe(next);
          next += statement.split('\n').length;
        }
      }),
    );
  });
});

describe('the nearest name', () => {
  test('counts edits', () => {
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('same', 'same')).toBe(0);
  });

  test('is none when nothing is near', () => {
    expect(nearestName('port', ['api.port', 'log.level'])).toBe('api.port');
    expect(nearestName('zzzzzz', ['api.port', 'log.level'])).toBeUndefined();
  });
});

import { describe, expect, test } from 'vitest';
import { contentText } from '../../src/print/content.ts';

const shown = (text: string): string => contentText(new TextEncoder().encode(text));

describe('content on the screen', () => {
  test('keeps lines, columns and every script', () => {
    expect(shown('a\tb\r\nc\nשלום')).toBe('a\tb\r\nc\nשלום\n');
  });

  test.each([
    ['an escape', 'a\u001b[2Jb', 'a?[2Jb\n'],
    ['a return over the line', 'allergic\rnot', 'allergic?not\n'],
    ['a turned reading order', 'a\u202eb\u2066c', 'a?b?c\n'],
  ])('shows %s as a question mark', (_what, text, line) => {
    expect(shown(text)).toBe(line);
  });
});

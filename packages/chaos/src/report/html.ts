// Owns: HTML whose every value is escaped, because only this file makes any. Logs and messages are hostile text.

export interface Html {
  readonly html: string;
}

export type HtmlValue = Html | string | number | readonly HtmlValue[];

/** A tagged template: the literal parts are ours, the values are text. An `Html` value is taken as it is. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return { html: parts.map((part, index) => part + textOf(values[index] ?? '')).join('') };
}

export const NOTHING: Html = { html: '' };

function textOf(value: HtmlValue): string {
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  if ('html' in value) return value.html;
  return value.map(textOf).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Control characters and those that turn the direction of text are shown as what they are: not fit to be shown. */
function escapeText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[^\P{C}\n\t]/gu, '\ufffd')
    .replaceAll(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
}

export function cut(text: string, charsMax: number): string {
  return text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text;
}

/** Milliseconds as seconds. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}

/** A coordinate: a tenth of a pixel is enough, and makes the page smaller. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

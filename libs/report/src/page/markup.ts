/** Text that is already HTML or SVG. */
export interface Markup {
  readonly kind: 'markup';
  readonly text: string;
}
type Value = string | number | Markup | readonly Markup[] | undefined;

/**
 * HTML or SVG written as a template: strings and numbers put into it are escaped, markup is not, a list is joined and
 * undefined is nothing. So no text from a data set can become a tag.
 */
export function markup(strings: TemplateStringsArray, ...values: Value[]): Markup {
  const pieces = strings.map((piece, index) => piece + textOf(values[index]));
  return { kind: 'markup', text: pieces.join('') };
}

/**
 * `&`, `<`, `>` and quotes as entities, for text and attribute values alike; characters XML does not allow and halves
 * of surrogate pairs are dropped.
 */
export function escapeText(text: string): string {
  return text
    .replace(/(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff]/gu, '')
    .replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function textOf(value: Value): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return escapeText(value);
  if (typeof value === 'number') return String(value);
  return 'kind' in value ? value.text : value.map(({ text }) => text).join('');
}

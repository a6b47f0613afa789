/** Text that is HTML or SVG already. */
export interface Markup {
  readonly kind: 'markup';
  readonly text: string;
}
type Value = string | number | Markup | readonly Markup[] | undefined;

/** An element's attributes by name; one that is undefined is left out. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/**
 * HTML or SVG written as a template. Strings that are inserted are escaped, so no text from a data set can become a
 * tag. Markup is inserted as it is, a list is joined, and undefined inserts nothing.
 */
export function markup(strings: TemplateStringsArray, ...values: Value[]): Markup {
  const pieces = strings.map((piece, index) => piece + textOf(values[index]));
  return { kind: 'markup', text: pieces.join('') };
}

/** An SVG element: `<circle r="2"/>`, or `<text x="0">…</text>` where it has content. */
export function element(name: string, attributes: Attributes, ...content: Value[]): Markup {
  const written = Object.entries(attributes).map(([key, value]) =>
    value === undefined ? '' : ` ${key}="${textOf(value)}"`,
  );
  const start = `<${name}${written.join('')}`;
  const inside = content.map(textOf).join('');
  return { kind: 'markup', text: content.length === 0 ? `${start}/>` : `${start}>${inside}</${name}>` };
}

/**
 * The text with `&`, `<`, `>` and quotes as entities, safe both between tags and in attribute values. Characters that
 * XML does not allow and unpaired surrogates are dropped.
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

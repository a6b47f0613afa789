/* How error messages show outside input: never more of it than fits on a line. */

const nameLengthMax = 100;
const namesMax = 10;

/** A name, cut off after 100 characters. */
export function shownName(name: string): string {
  return name.length > nameLengthMax ? `${name.slice(0, nameLengthMax)}…` : name;
}

/** The first ten names, and how many more there are. */
export function shownNames(names: readonly string[]): string {
  return shownList(names.slice(0, namesMax + 1).map(shownName), ', ', names.length);
}

/** Like `shownNames`, for items that are short already. */
export function shownList(items: readonly string[], separator: string, count = items.length): string {
  const shown = items.slice(0, namesMax).join(separator);
  return count > namesMax ? `${shown}${separator}and ${(count - namesMax).toLocaleString('en')} more` : shown;
}

/**
 * Describes a value that is not what was expected: short text, numbers and booleans as they are, anything else by its
 * kind.
 */
export function shownValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length <= 20 ? JSON.stringify(value) : `text of ${value.length} characters`;
    case 'object':
      return value === null ? 'null' : Array.isArray(value) ? 'a list' : 'a map';
    case 'undefined':
      return 'nothing';
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return `a ${typeof value}`;
  }
}

/** A size in readable units: 64 KiB, 1 MiB, 1,234 bytes. */
export function bytesText(bytes: number): string {
  if (bytes > 0 && bytes % 2 ** 20 === 0) return `${(bytes / 2 ** 20).toLocaleString('en')} MiB`;
  if (bytes > 0 && bytes % 2 ** 10 === 0) return `${(bytes / 2 ** 10).toLocaleString('en')} KiB`;
  return `${bytes.toLocaleString('en')} byte${bytes === 1 ? '' : 's'}`;
}

/** A value of a document as JSON, cut off after 100 characters. */
export function shownJson(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  if (text.length <= nameLengthMax) return text;
  return `${text.slice(0, nameLengthMax).toWellFormed()}… (${text.length} characters)`;
}

const charactersMax = 100;
const itemsMax = 10;

/** A value as errors show it: JSON, without the rest of what is long. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > charactersMax ? `${text.slice(0, charactersMax).toWellFormed()}… (${text.length} characters)` : text;
}

/** The first of many, and how many more there are. */
export function listed(items: readonly string[]): string {
  const more = items.length - itemsMax;
  return more > 0 ? `${items.slice(0, itemsMax).join(', ')} and ${more} more` : items.join(', ');
}

import type { Chance } from './chance.js';
import { extremes, hostileNumbers, hostileNumberTexts, hostileStrings } from './hostile-values.js';
import { mutateBytes } from './mutate-bytes.js';

type Members = Record<string, unknown>;

/** A copy of a JSON value with one to three changed values, keys or items. */
export function mutateValue(value: unknown, chance: Chance): unknown {
  let changed = value;
  const changes = 1 + chance.below(3);
  for (let i = 0; i < changes; i++) changed = changeSomewhere(changed, chance);
  return changed;
}

/** The JSON text of a document with changes in its values, in the text, or in both. */
export function mutateJson(document: unknown, chance: Chance): string {
  const kind = chance.below(8);
  const text = JSON.stringify(kind === 0 ? document : mutateValue(document, chance)) ?? '';
  return kind <= 2 ? mutateText(text, chance) : text;
}

/** Text with one to three changed numbers, quoted strings, lines or characters. */
export function mutateText(text: string, chance: Chance): string {
  let changed = text;
  const changes = 1 + chance.below(3);
  for (let i = 0; i < changes; i++) changed = chance.pick(textChanges)(changed, chance);
  return changed.slice(0, 2 * extremes.longText);
}

export function hostileString(chance: Chance): string {
  return chance.oneIn(25) ? 'x'.repeat(extremes.longText) : chance.pick(hostileStrings);
}

const textChanges: readonly ((text: string, chance: Chance) => string)[] = [
  (text, chance) => replaceOne(text, /-?\d+(\.\d+)?([eE][-+]?\d+)?/g, chance.pick(hostileNumberTexts), chance),
  (text, chance) => replaceOne(text, /"[^"\n]*"/g, JSON.stringify(hostileString(chance)), chance),
  (text, chance) => replaceOne(text, /"[^"\n]*"|\d+|true|false|null/g, nested(chance), chance),
  (text, chance) => lineGoneOrTwice(text.split('\n'), chance),
  (text, chance) => replaceOne(text, /[{}[\]:,"\n\t]/g, chance.pick([...'{}[]:,"\n\t\0-&*!|>#%@`']), chance),
  (text, chance) => insert(text, chance.pick([hostileString(chance), '\n', '"', ',', '\t', '\0', '\ud83d']), chance),
  (text, chance) => text.slice(0, chance.below(text.length + 1)),
  (text, chance) => mutateBytes(Buffer.from(text), chance).toString('utf8'),
];

function changeSomewhere(value: unknown, chance: Chance): unknown {
  // Most changes are made inside a random member, so that deep places are reached as well.
  if (Array.isArray(value) && value.length > 0 && !chance.oneIn(4)) {
    const items = [...(value as unknown[])];
    const place = chance.below(items.length);
    items[place] = changeSomewhere(items[place], chance);
    return items;
  }
  if (isObject(value) && Object.keys(value).length > 0 && !chance.oneIn(5)) {
    const key = chance.pick(Object.keys(value));
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, name === key ? changeSomewhere(member, chance) : member]),
    );
  }
  return changeHere(value, chance);
}

function changeHere(value: unknown, chance: Chance): unknown {
  if (Array.isArray(value) && !chance.oneIn(4)) return changeItems(value, chance);
  if (isObject(value) && !chance.oneIn(4)) return changeMembers(value, chance);
  if (typeof value === 'number' && !chance.oneIn(4))
    return chance.oneIn(2) ? chance.pick(hostileNumbers) : value + chance.pick([1, -1, 1000]);
  if (typeof value === 'string' && !chance.oneIn(4)) return changeString(value, chance);
  return chance.pick([
    null,
    true,
    false,
    0,
    -1,
    '',
    'x',
    [],
    {},
    [[]],
    [null],
    { x: {} },
    hostileString(chance),
    chance.pick(hostileNumbers),
  ]);
}

function changeString(text: string, chance: Chance): string {
  return chance.pick([
    () => hostileString(chance),
    () => text + hostileString(chance),
    () => text + text,
    () => text.slice(1),
    () => mutateBytes(Buffer.from(text), chance).toString('utf8'),
  ])();
}

function changeItems(items: readonly unknown[], chance: Chance): unknown[] {
  const place = chance.below(items.length + 1);
  return chance.pick([
    () => items.slice(0, place),
    () => [...items.slice(0, place), ...items.slice(place + 1)],
    () => [...items, ...items],
    () => [...items.slice(0, place), chance.pick([null, 0, '', hostileString(chance), {}, []]), ...items.slice(place)],
    () => [...items].reverse(),
    () =>
      chance.oneIn(8) ? Array.from({ length: extremes.manyItems }, (_, i) => small(items[i % items.length] ?? i)) : [],
  ])();
}

function changeMembers(members: Members, chance: Chance): Members {
  const entries = Object.entries(members);
  const place = chance.below(entries.length + 1);
  const others = entries.filter((_, i) => i !== place);
  const [key = 'key', value = null] = entries[place] ?? [];
  // Made with fromEntries, so that a name such as __proto__ becomes a member, as it does with JSON.parse.
  return chance.pick([
    () => Object.fromEntries(others),
    () => Object.fromEntries([...others, [hostileString(chance), value]]),
    () => Object.fromEntries([...entries, [hostileString(chance), value]]),
    () => Object.fromEntries([...entries, ['__proto__', { [key]: value }]]),
    () => Object.fromEntries([...others, [key, { [key]: value }]]),
    () =>
      chance.oneIn(8)
        ? Object.fromEntries(
            Array.from({ length: extremes.manyItems }, (_, i) => [`${key.slice(0, 100)}${i}`, small(value)]),
          )
        : members,
  ])();
}

/** A small value in place of a long one, because thousands of long ones would be larger than any input. */
function small(value: unknown): unknown {
  return (JSON.stringify(value) ?? '').length > 500 ? null : value;
}

/** Nested brackets: a few, or more than the stack of a recursive reader can hold. */
function nested(chance: Chance): string {
  const depth = chance.oneIn(10) ? extremes.nesting : chance.pick([1, 10, 100, 1000]);
  return chance.oneIn(3) ? `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}` : `${'['.repeat(depth)}${']'.repeat(depth)}`;
}

function replaceOne(text: string, pattern: RegExp, by: string, chance: Chance): string {
  const matches = [...text.matchAll(pattern)];
  if (matches.length === 0) return insert(text, by, chance);
  const { index, 0: found } = chance.pick(matches);
  return text.slice(0, index) + by + text.slice(index + found.length);
}

function lineGoneOrTwice(lines: readonly string[], chance: Chance): string {
  const place = chance.below(lines.length);
  return [
    ...lines.slice(0, place),
    ...(chance.oneIn(2) ? [] : [lines[place], lines[place]]),
    ...lines.slice(place + 1),
  ].join('\n');
}

function insert(text: string, part: string, chance: Chance): string {
  const place = chance.below(text.length + 1);
  return text.slice(0, place) + part + text.slice(place);
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

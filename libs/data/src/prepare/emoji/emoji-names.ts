import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '#protocol/input/json-text.js';
import { plainCode, type Emoji } from './emoji-list.js';

/**
 * Maps an icon name to the code of its emoji. Some icon sets provide this mapping themselves (chars.json). The icons of
 * older sets only have names: the name the icon has in one of those sets, the English name, the Unicode name or a
 * shortcode of the emoji, with or without hyphens; flags are named `flag-for-…`.
 */
export type EmojiNames = (icon: string) => string | undefined;

const namesSchema = z.record(z.string(), z.string());
const shortcodesSchema = z.record(z.string(), z.union([z.string(), z.array(z.string())]));
const shortcodeSources = ['cldr', 'emojibase', 'github', 'iamcal', 'joypixels'];

/**
 * `namedIcons` maps code → icon name, from the sets that provide it. If several emoji claim a name, the first one gets
 * it.
 */
export async function readEmojiNames(
  packages: string,
  list: readonly Emoji[],
  namedIcons: readonly ReadonlyMap<string, string>[],
): Promise<EmojiNames> {
  const known = new Set(list.map(({ code }) => code));
  const codes = new Map<string, string>();
  const learn = (name: string, code: string): void => {
    const plain = squash(name);
    if (known.has(code) && plain !== '' && !codes.has(plain)) codes.set(plain, code);
  };

  for (const set of namedIcons) for (const [code, icon] of set) learn(icon, code);
  for (const { label, code } of list) {
    learn(label, code);
    if (label.startsWith('flag: ')) learn(`flag for ${label.slice('flag: '.length)}`, code);
    if (label.startsWith('flag: ')) learn(`flag for flag ${label.slice('flag: '.length)}`, code);
    if (label.startsWith('keycap: ')) learn(`digit ${digitNames[Number(label.slice('keycap: '.length))] ?? ''}`, code);
  }
  const folder = join(packages, 'emojibase-data');
  const unicode = namesSchema.parse(parseJson(await readFile(join(folder, 'meta', 'unicode-names.json'))));
  for (const [hexcode, name] of Object.entries(unicode)) learn(name, plainCode(hexcode));
  for (const source of shortcodeSources) {
    const shortcodes = shortcodesSchema.parse(
      parseJson(await readFile(join(folder, 'en', 'shortcodes', `${source}.json`))),
    );
    for (const [hexcode, names] of Object.entries(shortcodes))
      for (const name of [names].flat()) learn(name, plainCode(hexcode));
  }
  return (icon) => codes.get(squash(icon));
}

const digitNames = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** Letters and digits only, without accents, lower case. */
function squash(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

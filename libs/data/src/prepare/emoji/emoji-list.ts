import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '#protocol/input/json-text.js';

/** An emoji of Unicode's list, without its skin-tone variants. */
export interface Emoji {
  /** Code points in lower-case hexadecimal, joined by `-`, without the variation selector FE0F. */
  readonly code: string;
  /** English name, used as the class in zero-shot evaluation. No two emoji share one. */
  readonly label: string;
  readonly tags: readonly string[];
  /** Category, such as `animals & nature`. */
  readonly kind: string;
}

const dataSchema = z.array(
  z.looseObject({
    hexcode: z.string(),
    label: z.string(),
    tags: z.array(z.string()).optional(),
    group: z.int().optional(),
  }),
);
const messagesSchema = z.looseObject({ groups: z.array(z.looseObject({ order: z.int(), message: z.string() })) });

/** Emojibase's group of hair and skin components, which are not emoji on their own. */
const componentGroup = 2;

/** The emoji of the package emojibase-data below `packages`, in Unicode's order. */
export async function readEmojiList(packages: string): Promise<Emoji[]> {
  const folder = join(packages, 'emojibase-data', 'en');
  const data = dataSchema.parse(parseJson(await readFile(join(folder, 'data.json'))));
  const { groups } = messagesSchema.parse(parseJson(await readFile(join(folder, 'messages.json'))));
  const kinds = new Map(groups.map(({ order, message }) => [order, message]));
  return data.flatMap(({ hexcode, label, tags = [], group }) => {
    const kind = group === undefined ? undefined : kinds.get(group);
    // Regional indicators (letters that make flags) have no group.
    if (kind === undefined || group === componentGroup) return [];
    return [{ code: plainCode(hexcode), label, tags: tags.filter((tag) => tag !== label), kind }];
  });
}

export function plainCode(hexcode: string): string {
  return hexcode
    .toLowerCase()
    .split('-')
    .filter((point) => point !== 'fe0f')
    .join('-');
}

/**
 * Captions of an emoji: its name alone, in sentences, with its category and with tags. The name comes early, so that a
 * short context cuts off tags rather than the name. All drawing styles get the same captions, so a caption says nothing
 * about the style.
 */
export function captionsOf({ label, tags, kind }: Emoji): string[] {
  const sentences = [label, `an emoji of ${label}`, `a drawing of ${label}`, `${label}, from ${kind}`];
  return [...sentences, ...chunks(tags, 2).map((some) => `${label}: ${some.join(', ')}`)];
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

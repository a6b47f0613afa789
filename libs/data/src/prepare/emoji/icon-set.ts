import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Licence } from '../../dataset/dataset-manifest.js';
import { parseJson } from '#protocol/input/json-text.js';
import { plainCode } from './emoji-list.js';

/** The drawings of one style, from an @iconify-json package. */
export interface IconSet {
  readonly style: string;
  readonly licence: Licence;
  /** Icon names in the set's order, aliases last. */
  readonly names: readonly string[];
  /** Code → icon name; empty if the set does not provide it. */
  readonly iconOfCode: ReadonlyMap<string, string>;
  /** The drawing as an SVG of side × side pixels. */
  svg(name: string, side: number): Uint8Array;
}

const shape = {
  left: z.number().optional(),
  top: z.number().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
};
const iconsSchema = z.looseObject({
  ...shape,
  icons: z.record(z.string(), z.looseObject({ body: z.string(), ...shape })),
  aliases: z.record(z.string(), z.looseObject({ parent: z.string() })).default({}),
});
const infoSchema = z.looseObject({
  name: z.string(),
  author: z.looseObject({ name: z.string(), url: z.string().optional() }),
  license: z.looseObject({ title: z.string(), spdx: z.string().optional() }),
});
const charsSchema = z.record(z.string(), z.string());

export async function readIconSet(packages: string, style: string): Promise<IconSet> {
  const folder = join(packages, '@iconify-json', style);
  const read = async (file: string): Promise<unknown> => parseJson(await readFile(join(folder, file)));
  const set = iconsSchema.parse(await read('icons.json'));
  const { name, author, license } = infoSchema.parse(await read('info.json'));
  const chars = charsSchema.parse(await read('chars.json'));
  // An alias that also rotates or mirrors its icon is a different drawing. None of those is needed.
  const aliases = Object.entries(set.aliases).filter(([, alias]) => Object.keys(alias).length === 1);
  const parents = new Map(aliases.map(([alias, { parent }]) => [alias, parent]));
  const names = [...Object.keys(set.icons), ...parents.keys()];
  const present = new Set(names);
  return {
    style,
    licence: {
      source: `${name} by ${author.name}`,
      licence: license.spdx ?? license.title,
      ...(author.url === undefined ? {} : { url: author.url }),
    },
    names,
    iconOfCode: new Map(
      Object.entries(chars)
        .filter(([, icon]) => present.has(icon))
        .map(([hexcode, icon]) => [plainCode(hexcode), icon]),
    ),
    svg(icon, side) {
      const { body, ...own } = set.icons[parents.get(icon) ?? icon]!;
      const { left = 0, top = 0, width = 16, height = 16 } = { ...set, ...own };
      return new TextEncoder().encode(
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ' +
          `width="${side}" height="${side}" viewBox="${left} ${top} ${width} ${height}">${body}</svg>`,
      );
    },
  };
}

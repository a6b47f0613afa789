import { pMapIterable } from 'p-map';
import sharp from 'sharp';
import type { Store } from '#store/store.js';
import type { DatasetManifest, Licence } from '../../dataset/dataset-manifest.js';
import { datasetWriter } from '../../dataset/dataset-writer.js';
import { captionsOf, readEmojiList, type Emoji } from './emoji-list.js';
import { readEmojiNames } from './emoji-names.js';
import { readIconSet, type IconSet } from './icon-set.js';
import { clearTarget, type PrepareProgress } from '../prepare-dataset.js';

/** The drawing styles to train on: all but the held-out one. */
export const trainingStyles = [
  'noto',
  'noto-v1',
  'twemoji',
  'fluent-emoji-flat',
  'emojione',
  'emojione-v1',
  'fxemoji',
] as const;
/** The style that is never trained on. */
export const heldOutStyle = 'openmoji';
/** A training style, evaluated for comparison. */
export const seenStyle = 'twemoji';

export interface EmojiDatasetsOptions {
  /** Folder with the packages listed in demo/package.json: demo/node_modules. */
  readonly packages: string;
  readonly train: Store;
  readonly heldOut: Store;
  readonly seen: Store;
  /** Side of the square images, in pixels. */
  readonly side?: number;
  /** Use only this many emoji; all of them if left out. */
  readonly most?: number;
  /** Of the emoji only every so many-th; each if left out. */
  readonly every?: number;
  /** What the classes of both evaluations are; the names of emoji if left out. */
  readonly classes?: 'names' | 'categories';
  /** Another style to hold out, for choices that must not be made by the demo's own held-out style. */
  readonly heldOutInstead?: (typeof trainingStyles)[number];
}

/**
 * Prepares the demo's data sets: one with all training styles, and one each with the held-out style and a training
 * style for evaluation. Captions come from emojibase; the group of a pair is the English name of the emoji, unless
 * evaluations are to have categories.
 * Data sets already in the stores are replaced.
 */
export async function prepareEmojiDatasets(
  { packages, train, heldOut, seen, side = 48, most, every = 1, classes, heldOutInstead }: EmojiDatasetsOptions,
  onProgress: (progress: Counts) => void = () => undefined,
): Promise<{ readonly train: DatasetManifest; readonly heldOut: DatasetManifest; readonly seen: DatasetManifest }> {
  const all = await readEmojiList(packages);
  const list = all.filter((_, place) => place % every === 0).slice(0, most);
  const sets = await Promise.all([...trainingStyles, heldOutStyle].map((style) => readIconSet(packages, style)));
  const names = await readEmojiNames(
    packages,
    list,
    sets.map((set) => set.iconOfCode),
  );
  const settings = { side, progress: runningTotal(onProgress) };
  const evaluated = { ...settings, groupOf: ({ label, kind }: Emoji) => (classes === 'categories' ? kind : label) };
  const drawingsOf = (styles: readonly string[]): Drawing[] =>
    styles.flatMap((style) => sets.filter((set) => set.style === style)).flatMap((set) => drawings(set, list, names));
  const trained = drawingsOf(trainingStyles.filter((style) => style !== heldOutInstead));
  const held = drawingsOf([heldOutInstead ?? heldOutStyle]);
  return {
    train: await writeDrawings('emoji-train', trained, train, { ...settings, groupOf: ({ label }) => label }),
    heldOut: await writeDrawings('emoji-held-out', held, heldOut, evaluated),
    seen: await writeDrawings('emoji-seen', drawingsOf([seenStyle]), seen, evaluated),
  };
}

interface DrawingSettings {
  readonly side: number;
  readonly progress: Progress;
  groupOf(emoji: Emoji): string;
}

interface Drawing {
  readonly set: IconSet;
  readonly icon: string;
  readonly emoji: Emoji;
}

/** One drawing of each emoji in the set. */
function drawings(set: IconSet, list: readonly Emoji[], codeOfName: (icon: string) => string | undefined): Drawing[] {
  const iconOfCode = new Map(set.iconOfCode);
  if (iconOfCode.size === 0) {
    for (const icon of set.names) {
      const code = codeOfName(icon);
      if (code !== undefined && !iconOfCode.has(code)) iconOfCode.set(code, icon);
    }
  }
  return list.flatMap((emoji) => {
    const icon = iconOfCode.get(emoji.code);
    return icon === undefined ? [] : [{ set, icon, emoji }];
  });
}

/** libvips renders on libuv's threads. A few more renderings in flight than there are threads keep them busy. */
const drawingsInFlight = 16;

const emojibaseLicence: Licence = {
  source: 'emojibase-data by Miles Johnson (names and tags, after Unicode CLDR)',
  licence: 'MIT',
  url: 'https://emojibase.dev',
};

async function writeDrawings(
  name: string,
  all: readonly Drawing[],
  target: Store,
  { side, progress, groupOf }: DrawingSettings,
): Promise<DatasetManifest> {
  await clearTarget(target);
  const licences = [...new Set(all.map(({ set }) => set.licence)), emojibaseLicence];
  const writer = datasetWriter(target, { name, licences });
  const rendered = pMapIterable(all, (drawing) => render(drawing, side), { concurrency: drawingsInFlight });
  for await (const { set, emoji, image } of rendered) {
    const key = `${set.style}_${emoji.code}`;
    if (image.kind === 'drawn')
      await writer.add({
        key,
        image: image.bytes,
        extension: 'png',
        captions: captionsOf(emoji),
        group: groupOf(emoji),
      });
    else writer.skip(key, image.reason);
    progress(image.kind === 'drawn');
  }
  return writer.finish();
}

type Rendered = Omit<Drawing, 'icon'> & {
  readonly image:
    { readonly kind: 'drawn'; readonly bytes: Uint8Array } | { readonly kind: 'failed'; readonly reason: string };
};

/**
 * Renders a drawing on white, cropped to its content and centred with a margin of one sixteenth. The styles leave
 * different margins, which say nothing about the emoji. PNG decodes in half the time of lossless webp, for a third more
 * bytes.
 */
async function render({ set, icon, emoji }: Drawing, side: number): Promise<Rendered> {
  const margin = Math.round(side / 16);
  const inside = side - 2 * margin;
  try {
    const { data, info } = await sharp(set.svg(icon, Math.ceil(1.5 * side)))
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const drawn = sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } }).extract(
      drawnBox(data, info.width, info.height),
    );
    const fitted = drawn
      .flatten({ background: 'white' })
      .resize(inside, inside, { fit: 'contain', background: 'white' });
    const bytes = await fitted
      .extend({ top: margin, bottom: margin, left: margin, right: margin, background: 'white' })
      .png()
      .toBuffer();
    return { set, emoji, image: { kind: 'drawn', bytes } };
  } catch (thrown) {
    return { set, emoji, image: { kind: 'failed', reason: thrown instanceof Error ? thrown.message : String(thrown) } };
  }
}

/** The bounding box of all pixels that are not transparent, or the whole image if there are none. */
function drawnBox(
  rgba: Uint8Array,
  width: number,
  height: number,
): { left: number; top: number; width: number; height: number } {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (rgba[(y * width + x) * 4 + 3]! < 16) continue;
      [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
    }
  }
  return right < 0
    ? { left: 0, top: 0, width, height }
    : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** How many drawings are stored and how many were left out. */
type Counts = Pick<PrepareProgress, 'stored' | 'skipped'>;

type Progress = (isStored: boolean) => void;

function runningTotal(onProgress: (progress: Counts) => void): Progress {
  let stored = 0;
  let skipped = 0;
  return (isStored) => {
    if (isStored) stored++;
    else skipped++;
    onProgress({ stored, skipped });
  };
}

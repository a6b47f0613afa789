import { pMapIterable } from 'p-map';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { captionCensus } from '../dataset/caption-census.js';
import type { Dataset } from '../dataset/dataset.js';
import { pairHash } from '../dataset/pair-hash.js';
import { imageSize } from '../image/decode-image.js';
import { formatOf } from '../image/image-formats.js';
import { lookAlikes } from '../image/look-alikes.js';
import { perceptualHash } from '../image/perceptual-hash.js';
import { captionLanguages, languageName } from '../text/caption-language.js';
import { histogram, type HistogramBar } from './histogram.js';

/** A word and how often it is there. */
export interface Named {
  readonly name: string;
  readonly count: number;
}

/** What a data set holds. */
export interface DatasetFigures {
  readonly name: string;
  readonly hash: string;
  readonly pairs: number;
  readonly captions: {
    readonly count: number;
    /** That a model can tell apart. */
    readonly distinct: number;
    readonly longShare: number;
    /** Of all captions. */
    readonly words: readonly HistogramBar[];
    /** Captions of a pair. */
    readonly perPair: readonly HistogramBar[];
  };
  /** Of the first captions of pairs, evenly spread; the most frequent first. `unknown` where nobody can tell. */
  readonly languages: { readonly lookedAt: number; readonly found: readonly (Named & { readonly code: string })[] };
  /** The largest first; undefined if pairs have no groups. */
  readonly groups: readonly Named[] | undefined;
  readonly images: ImageFigures;
}

/** Of images, evenly spread over the pairs. */
export interface ImageFigures {
  readonly lookedAt: number;
  readonly bytes: number;
  readonly formats: readonly Named[];
  readonly shorterSide: { readonly median: number; readonly bars: readonly HistogramBar[] };
  /** The longer side over the shorter. */
  readonly ratio: readonly HistogramBar[];
  readonly unreadable: readonly { readonly key: string; readonly reason: string }[];
  /** Files that equal that of an earlier pair, and images that look like one; with the keys of both. */
  readonly equal: number;
  readonly alike: number;
  readonly duplicates: readonly { readonly key: string; readonly of: string; readonly isEqual: boolean }[];
}

export interface FiguresOptions {
  /** Images that are looked at, at most. */
  readonly images: number;
  readonly onProgress?: (images: number) => void;
}

const wordEdges = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 77, 128, 256, 512];
const perPairEdges = [0, 1, 2, 3, 4, 5, 6, 8, 16, 32, 64];
const sideEdges = [0, 16, 32, 64, 96, 128, 160, 192, 224, 256, 336, 448, 512, 768, 1024, 2048, 4096];
const ratioEdges = [1, 1.1, 1.25, 1.4, 1.6, 1.8, 2, 2.5, 3, 4];
const languagePairsMax = 100_000;
/** Duplicates that are listed; all are counted. */
const listedMax = 1000;

/** Looks through a data set. Memory: about 8 bytes a caption, and 100 for each image that is looked at. */
export async function datasetFigures(dataset: Dataset, options: FiguresOptions): Promise<DatasetFigures> {
  const { name, hash, pairs } = dataset;
  return {
    name,
    hash,
    pairs,
    ...(await captionFigures(dataset)),
    groups: groupSizes(dataset),
    images: await imageFigures(dataset, options),
  };
}

/** Places of `count` pairs at equal distances. */
export function spreadPairs(pairs: number, count: number): number[] {
  const taken = Math.min(pairs, count);
  return Array.from({ length: taken }, (_, at) => Math.floor((at * pairs) / taken));
}

async function captionFigures(dataset: Dataset): Promise<Pick<DatasetFigures, 'captions' | 'languages'>> {
  const census = captionCensus();
  const [words, perPair] = [histogram(wordEdges), histogram(perPairEdges)];
  const languageOf = await captionLanguages();
  const languages = new Map<string, number>();
  const every = Math.ceil(dataset.pairs / languagePairsMax);
  let [pair, lookedAt] = [0, 0];
  for await (const index of dataset.indexes())
    for (const { captions } of index) {
      perPair.add(captions.length);
      for (const caption of captions) {
        census.add(caption);
        words.add(caption.split(/\s+/).filter((word) => word !== '').length);
      }
      if (pair++ % every !== 0) continue;
      lookedAt++;
      const language = languageOf(captions[0] ?? '') ?? '';
      languages.set(language, (languages.get(language) ?? 0) + 1);
    }
  const { captions: count, distinctCaptions: distinct, longShare } = census.counts();
  return {
    captions: { count, distinct, longShare, words: words.bars(), perPair: perPair.bars() },
    languages: {
      lookedAt,
      found: mostFirst(languages).map(({ name: code, count }) => ({
        code,
        name: code === '' ? 'unknown' : languageName(code),
        count,
      })),
    },
  };
}

function groupSizes({ groups }: Dataset): Named[] | undefined {
  if (!groups) return undefined;
  return groups.names
    .map((name, group) => ({ name, count: groups.pairsOf(group).length }))
    .sort((one, other) => other.count - one.count);
}

async function imageFigures(dataset: Dataset, { images, onProgress }: FiguresOptions): Promise<ImageFigures> {
  const [sides, ratios, formats] = [histogram(sideEdges), histogram(ratioEdges), new Map<string, number>()];
  const shorterSides: number[] = [];
  const keys: string[] = [];
  const files = new Map<string, number>();
  const finder = lookAlikes(0);
  const unreadable: { key: string; reason: string }[] = [];
  const duplicates: { key: string; of: string; isEqual: boolean }[] = [];
  let [bytes, equal, alike] = [0, 0, 0];
  const looks = pMapIterable(spreadPairs(dataset.pairs, images), (index) => lookAt(dataset, index), { concurrency: 8 });
  for await (const look of looks) {
    const at = keys.push(look.key) - 1;
    onProgress?.(keys.length);
    bytes += look.bytes;
    if ('reason' in look) {
      unreadable.push({ key: look.key, reason: look.reason });
      continue;
    }
    const { width, height, format, file, hash } = look;
    formats.set(format, (formats.get(format) ?? 0) + 1);
    shorterSides.push(Math.min(width, height));
    sides.add(Math.min(width, height));
    ratios.add(Math.max(width, height) / Math.min(width, height));
    const same = files.get(file);
    if (same === undefined) files.set(file, at);
    const earlier = same ?? finder.earlier(hash, at);
    if (earlier === undefined) continue;
    if (same === undefined) alike++;
    else equal++;
    if (duplicates.length < listedMax)
      duplicates.push({ key: look.key, of: keys[earlier]!, isEqual: same !== undefined });
  }
  shorterSides.sort((one, other) => one - other);
  return {
    ...{ lookedAt: keys.length, bytes, formats: mostFirst(formats), unreadable, equal, alike, duplicates },
    shorterSide: { median: shorterSides[shorterSides.length >> 1] ?? 0, bars: sides.bars() },
    ratio: ratios.bars(),
  };
}

type Look = { readonly key: string; readonly bytes: number } & (
  | { readonly reason: string }
  | {
      readonly width: number;
      readonly height: number;
      readonly format: string;
      readonly file: string;
      readonly hash: string;
    }
);

async function lookAt(dataset: Dataset, index: number): Promise<Look> {
  const { key, image } = await dataset.sample(index);
  const bytes = image.byteLength;
  try {
    const { width, height } = await imageSize(image, Infinity);
    const file = Buffer.from(pairHash(image)).toString('base64');
    return { key, bytes, width, height, format: formatOf(image) ?? 'unknown', file, hash: await perceptualHash(image) };
  } catch (thrown) {
    if (!(thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid)) throw thrown;
    return { key, bytes, reason: thrown.message.split('\n', 1)[0]! };
  }
}

function mostFirst(counts: ReadonlyMap<string, number>): Named[] {
  return [...counts].map(([name, count]) => ({ name, count })).sort((one, other) => other.count - one.count);
}

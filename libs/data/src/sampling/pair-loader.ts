import { setImmediate } from 'node:timers/promises';
import pMap from 'p-map';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { augment, shortestSideFor } from '../image/augmentation.js';
import type { Dataset } from '../dataset/dataset.js';
import { pairHash, pairHashBytes } from '../dataset/pair-hash.js';
import { Purpose, randomIndex } from './random-bits.js';
import type { DecodedSample } from '../dataset/sample.js';
import type { Draw } from './sampler.js';
import type { Tokenizer } from '../text/tokenizer.js';

/** A sample that could not be used; another one took its place. */
export interface SkippedSample {
  readonly key: string;
  readonly reason: string;
}

/** What the towers read. */
export interface LoadedPairs {
  /** [n, side, side, 3], normalised. */
  readonly images: Float32Array;
  /** [n, L]. */
  readonly tokens: Int32Array;
  /** pairHash of each pair's tokens, [n, pairHashBytes]. */
  readonly captionKeys: Uint8Array;
  /** pairHash of its image's file, [n, pairHashBytes]. */
  readonly imageKeys: Uint8Array;
  /** In the order of the rows they were drawn for. */
  readonly skipped: readonly SkippedSample[];
  /** Captions that were too long and replaced because the run asks for it: these are no damage. */
  readonly longCaptions: number;
}

export interface LoadOptions {
  readonly dataset: Dataset;
  readonly tokenizer: Tokenizer;
  readonly config: Pick<RunConfig, 'model' | 'data' | 'limits'>;
}

/**
 * Read, augment and tokenise the pairs of a shard. A function of the draws, the data set and the config: what is loaded
 * at the same time, or was loaded before, makes no difference (invariant B1). A bad sample is replaced by another one
 * that its seed draws, from the same group where it has one. DATA_INVALID where a shard file is missing, where more
 * samples are bad than `limits.badSampleShare` allows, or where hardly any caption is short enough.
 */
export async function loadPairs(
  draws: readonly Draw[],
  { dataset, tokenizer, config }: LoadOptions,
): Promise<LoadedPairs> {
  const { image_size: side } = config.model.vision_cfg;
  const { context_length: contextLength } = config.model.text_cfg;
  const images = new Float32Array(draws.length * side * side * 3);
  const tokens = new Int32Array(draws.length * contextLength);
  const [captionKeys, imageKeys] = [
    new Uint8Array(draws.length * pairHashBytes),
    new Uint8Array(draws.length * pairHashBytes),
  ];
  const skippedOfRow: SkippedSample[][] = draws.map(() => []);
  const skipsAllowed = Math.max(SKIPS_ALWAYS_ALLOWED, Math.floor(config.limits.badSampleShare * draws.length));
  const shortestSide = shortestSideFor(side, config.data.augmentation);
  let skips = 0;
  let longCaptions = 0;

  async function loadRow({ index, seed }: Draw, row: number): Promise<void> {
    for (let attempt = 0, longInRow = 0; ; attempt++) {
      const pair = attempt === 0 ? index : replacement(dataset, index, seed, attempt);
      const usable = usablePair(await dataset.decoded(pair, shortestSide), seed, { tokenizer, config });
      if (usable.kind === 'usable') {
        augment(usable.image, config.data.augmentation, seed, side, images, row * side * side * 3);
        tokens.set(usable.tokens, row * contextLength);
        captionKeys.set(pairHash(usable.tokens), row * pairHashBytes);
        imageKeys.set(usable.imageKey, row * pairHashBytes);
        return;
      }
      if (usable.kind === 'too long') {
        longCaptions++;
        if (++longInRow > LONG_IN_ROW_MAX) throw tooManyLong(dataset.name, contextLength);
        continue;
      }
      skippedOfRow[row]?.push({ key: usable.key, reason: usable.reason });
      if (++skips > skipsAllowed) throw tooManyBad(skippedOfRow.flat(), draws.length, dataset.name);
    }
  }

  const loadInTurn = async (draw: Draw, row: number): Promise<void> => {
    await loadRow(draw, row);
    await setImmediate(); // Resampling is this thread's work; heartbeats get their turn between two images.
  };
  await pMap(draws, loadInTurn, { concurrency: ROWS_IN_WORK });
  return { images, tokens, captionKeys, imageKeys, skipped: skippedOfRow.flat(), longCaptions };
}

/** In a small shard a single bad sample is a large share. */
const SKIPS_ALWAYS_ALLOWED = 8;
/** With 99 of 100 captions too long, 25,000 rows have one draw that comes to this. */
const LONG_IN_ROW_MAX = 1000;
/** Enough to keep libuv's threads decoding while this thread resamples. */
const ROWS_IN_WORK = 16;

type UsablePair =
  | {
      readonly kind: 'usable';
      readonly image: Extract<DecodedSample, { kind: 'decoded' }>['image'];
      readonly imageKey: Uint8Array;
      readonly tokens: Int32Array;
    }
  | { readonly kind: 'bad'; readonly key: string; readonly reason: string }
  /** Longer than the context, in a run that replaces such captions. */
  | { readonly kind: 'too long' };

function usablePair(
  sample: DecodedSample,
  seed: number,
  { tokenizer, config }: Omit<LoadOptions, 'dataset'>,
): UsablePair {
  if (sample.kind === 'unreadable') return { kind: 'bad', key: sample.key, reason: sample.reason };
  const captions = sample.captions.filter((caption) => caption.trim() !== '');
  const caption = captions[randomIndex(captions.length, seed, Purpose.caption)];
  if (caption === undefined) return { kind: 'bad', key: sample.key, reason: 'No caption.' };
  try {
    const tooLong = config.data.captionTooLong === 'skip' ? 'error' : 'truncate';
    return {
      kind: 'usable',
      image: sample.image,
      imageKey: sample.imageKey,
      tokens: tokenizer.tokens(caption, config.model.text_cfg.context_length, tooLong),
    };
  } catch (thrown) {
    if (thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid) return { kind: 'too long' };
    throw thrown;
  }
}

/** Another pair of the same group for the first tries, then any other pair. */
function replacement({ groups, pairs }: Dataset, index: number, seed: number, attempt: number): number {
  const group = groups?.ofPair[index];
  const members = groups && group !== undefined ? groups.pairsOf(group) : undefined;
  if (members && members.length > 1 && attempt <= TRIES_IN_GROUP) {
    const others = members.filter((member) => member !== index);
    return others[randomIndex(others.length, seed, Purpose.replacement, attempt)]!;
  }
  const other = randomIndex(Math.max(pairs - 1, 1), seed, Purpose.replacement, attempt);
  return other < index || pairs === 1 ? other : other + 1;
}

const TRIES_IN_GROUP = 3;

function tooManyLong(name: string, contextLength: number): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Expected captions of at most ${contextLength} tokens in data set "${name}", got ${LONG_IN_ROW_MAX} longer ` +
      'ones one after another.',
    help: 'Set data.captionTooLong to truncate, or raise model.text_cfg.context_length.',
  });
}

function tooManyBad(skipped: readonly SkippedSample[], pairs: number, name: string): TandemError {
  const [first] = skipped;
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Expected nearly all samples of data set "${name}" to be usable, got ${skipped.length} bad ones ` +
      `in a shard of ${pairs}; the first: ${first?.key}: ${first?.reason}`,
    help: 'Prepare the data set again, which leaves bad samples out, or raise limits.badSampleShare.',
  });
}

import { captionBytesMax, groupBytesMax, imageCaptionsMax, sidecarBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import type { NewSample } from '../dataset/sample.js';
import { isHeldOut, type HoldOut } from './hold-out.js';
import { sampleProblem } from './sample-problem.js';
import type { SourceSample } from './source-sample.js';
import { storedImage, type StoredImageOptions } from './stored-image.js';

/** A sample that can be stored, or the reason why it cannot. */
export type CheckedSample =
  | {
      readonly kind: 'usable';
      readonly origin: string;
      readonly sample: Omit<NewSample, 'key'>;
      /** What was changed, in words that are the same for every pair. */
      readonly changes: readonly string[];
      /** Of the picture as it came, in pixels. */
      readonly shortestSide: number;
      readonly isHeldOut: boolean;
    }
  | BadSample;

export interface BadSample {
  readonly kind: 'bad';
  readonly origin: string;
  readonly reason: string;
}

export interface CheckOptions extends StoredImageOptions {
  /** Nothing is held out if this is left out. */
  readonly holdOut?: HoldOut | undefined;
}

/** Reads a sample and prepares it for storage. Whatever is the fault of the sample makes it bad; other errors throw. */
export async function checkSample({ origin, read }: SourceSample, options: CheckOptions): Promise<CheckedSample> {
  try {
    const { image, captions, group, changes = [], noCaption } = await read();
    const trimmed = captions.map((caption) => caption.trim()).filter((caption) => caption !== '');
    const problem = captionProblem(trimmed, group, noCaption);
    if (problem !== undefined) return { kind: 'bad', origin, reason: problem };
    const stored = await storedImage(image, options);
    return {
      kind: 'usable',
      origin,
      sample: {
        image: stored.image,
        extension: stored.extension,
        captions: trimmed,
        ...(group === undefined ? {} : { group }),
      },
      changes: [
        ...changes,
        ...(trimmed.length < captions.length ? ['empty captions beside others left away'] : []),
        ...stored.changes,
      ],
      shortestSide: Math.min(stored.original.width, stored.original.height),
      isHeldOut: options.holdOut !== undefined && isHeldOut({ image, group }, options.holdOut),
    };
  } catch (thrown) {
    return { kind: 'bad', origin, reason: sampleProblem(thrown) };
  }
}

/** What is wrong with the captions or the group of a sample, or undefined if nothing is. */
function captionProblem(
  captions: readonly string[],
  group: string | undefined,
  noCaption = 'No caption.',
): string | undefined {
  if (captions.length === 0) return noCaption;
  if (captions.length > imageCaptionsMax) return `More captions than the limit of ${imageCaptionsMax}.`;
  const bytes = captions.map((caption) => Buffer.byteLength(caption));
  const longest = Math.max(...bytes);
  if (longest > captionBytesMax)
    return `A caption of ${bytesText(longest)}; the limit is ${bytesText(captionBytesMax)}: shorten it.`;
  const totalBytes = bytes.reduce((sum, one) => sum + one, 0);
  if (totalBytes > sidecarBytesMax)
    return `Captions of ${bytesText(totalBytes)} together; the limit is ${bytesText(sidecarBytesMax)}.`;
  if (group !== undefined && Buffer.byteLength(group) > groupBytesMax)
    return `A group's name of ${bytesText(Buffer.byteLength(group))}; the limit is ${bytesText(groupBytesMax)}.`;
  return undefined;
}

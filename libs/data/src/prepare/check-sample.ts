import { captionBytesMax, groupBytesMax, imageCaptionsMax, sidecarBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { notRegularCode } from '#store/file/regular-file.js';
import type { NewSample } from '../dataset/sample.js';
import { isHeldOut, type HoldOut } from './hold-out.js';
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
    const { image, captions, group, changes = [] } = await read();
    const trimmed = captions.map((caption) => caption.trim()).filter((caption) => caption !== '');
    const problem = captionProblem(trimmed, group);
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
      changes: [...changes, ...stored.changes],
      shortestSide: stored.shortestSide,
      isHeldOut: options.holdOut !== undefined && isHeldOut({ image, group }, options.holdOut),
    };
  } catch (thrown) {
    return { kind: 'bad', origin, reason: reasonOf(thrown) };
  }
}

/** What is wrong with the captions or the group of a sample, or undefined if nothing is. */
function captionProblem(captions: readonly string[], group: string | undefined): string | undefined {
  if (captions.length === 0) return 'No caption.';
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

/**
 * Why a file cannot be used, by the code of node:fs. A row of a table may contain anything as its path, a caption too:
 * a name that is too long, a way through a file, a null byte.
 */
const unreadableCodes: Readonly<Record<string, string>> = {
  ENOENT: 'ENOENT, there is no such file',
  EISDIR: 'EISDIR, it is a folder',
  EACCES: 'EACCES, it may not be read',
  EPERM: 'EPERM, it may not be read',
  ENOTDIR: 'ENOTDIR, its path leads through a file',
  ENAMETOOLONG: 'ENAMETOOLONG, its path is too long',
  ELOOP: 'ELOOP, links lead round in a circle',
  ENXIO: 'ENXIO, it is no file',
  ENODEV: 'ENODEV, it is no file',
  EINVAL: 'EINVAL, its path cannot be one',
  EILSEQ: 'EILSEQ, its path cannot be one',
  ERR_INVALID_ARG_VALUE: 'its path cannot be one',
  ESTALE: 'ESTALE, it is gone',
};

/** Why a file cannot be used. Errors that are not the fault of the file are rethrown. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid) return thrown.message;
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === notRegularCode || code === 'EFBIG') return `The file cannot be read: ${(thrown as Error).message}.`;
  const known = code === undefined ? undefined : unreadableCodes[code];
  if (known !== undefined) return `The file cannot be read: ${known}.`;
  throw thrown;
}

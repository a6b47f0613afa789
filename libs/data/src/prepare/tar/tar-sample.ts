import { imageFileBytesMax, sidecarBytesMax, tarSampleMembersMax } from '#protocol/input/input-limits.js';
import { bytesText, shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { anyFormatName, imageEndings, isUnreadEnding, unreadEnding } from '../../image/image-formats.js';
import { captionNames, isCaptionEnding, lastEnding } from '../sidecar/caption-keys.js';
import { readSidecar, type SidecarOptions } from '../sidecar/sidecar.js';
import { badSample, type SourceSample } from '../source-sample.js';
import type { TarFile } from './tar-file.js';
import type { TarMember } from './tar-members.js';

/** How the members of a sample are told apart. */
export interface TarSampleOptions extends SidecarOptions {
  /** Endings of the picture, the first that is there; if left out, those of formats that are read. */
  readonly imageKeys?: readonly string[] | undefined;
}

/** A member that is used: its bytes, or its place in the tar where they can be read again. */
interface Part {
  /** What comes after the first dot of its name, in small letters. */
  readonly ending: string;
  readonly offset: number;
  readonly size: number;
  readonly bytes?: Buffer;
  /** Why it cannot be read. */
  readonly problem?: string;
}

/** The members of a sample. */
export interface TarSample {
  readonly key: string;
  readonly endings: string[];
  readonly images: Part[];
  readonly sidecars: Part[];
  /** Why the sample cannot be used, once that is known. */
  problem?: string;
}

export function newTarSample(key: string): TarSample {
  return { key, endings: [], images: [], sidecars: [] };
}

/** Has a sample all that a pair needs? */
export function isWhole({ images, sidecars, problem }: TarSample): boolean {
  return problem === undefined && images.length > 0 && sidecars.length > 0;
}

/**
 * Reads a member into memory if it may be used and is within its limit; others are skipped. Of several pictures only
 * the best is kept in memory.
 */
export async function addMember(
  sample: TarSample,
  ending: string,
  member: TarMember,
  options: TarSampleOptions,
): Promise<void> {
  if (sample.endings.length >= tarSampleMembersMax) {
    sample.problem ??= tooManyMembers;
    return;
  }
  sample.endings.push(ending);
  const kind = kindOf(ending, options);
  if (kind === undefined || sample.problem !== undefined) return;
  const { offset, bytes: size } = member;
  const bytesMax = kind === 'image' ? imageFileBytesMax : sidecarBytesMax;
  const tooLarge = `Its ${ending} has ${bytesText(size)}; the limit is ${bytesText(bytesMax)}.`;
  const isNoFile = member.problem !== undefined && `Its ${ending} is ${member.problem}.`;
  const problem = isNoFile || (size > bytesMax ? tooLarge : undefined);
  if (problem !== undefined) sample[`${kind}s`].push({ ending, offset, size, problem });
  else {
    const isBest = kind === 'sidecar' || sample.images.every((other) => isBetter(ending, other.ending, options));
    sample[`${kind}s`].push({ ending, offset, size, ...(isBest && { bytes: await member.read() }) });
    if (kind === 'image' && isBest)
      for (const [at, other] of sample.images.slice(0, -1).entries()) sample.images[at] = withoutBytes(other);
  }
}

function kindOf(ending: string, { captionKeys = [], imageKeys }: TarSampleOptions): 'image' | 'sidecar' | undefined {
  if (imageKeys?.includes(ending)) return 'image';
  const last = lastEnding(ending);
  if (isCaptionEnding(last) || captionKeys.includes(ending)) return 'sidecar';
  return !imageKeys && imageEndings.includes(last) && !ending.endsWith('.gz') ? 'image' : undefined;
}

/** The place of a picture's ending in the order in which they are chosen. Endings such as left.jpg come last. */
function rankOf(ending: string, { imageKeys = imageEndings }: TarSampleOptions): number {
  const rank = imageKeys.indexOf(ending);
  return rank < 0 ? imageKeys.length : rank;
}

function isBetter(ending: string, than: string, options: TarSampleOptions): boolean {
  return rankOf(ending, options) < rankOf(than, options);
}

/** Joins the members of a key that are apart in the tar. What was read of them is let go; their places remain. */
export function joinParts(first: TarSample | undefined, second: TarSample): TarSample {
  const { key } = second;
  const join = <Item>(of: (sample: TarSample) => readonly Item[]): Item[] => [
    ...(first ? of(first) : []),
    ...of(second),
  ];
  const endings = join((sample) => sample.endings);
  const twice = endings.find((ending, at) => endings.indexOf(ending) < at);
  const problem =
    first?.problem ??
    second.problem ??
    (endings.length > tarSampleMembersMax ? tooManyMembers : undefined) ??
    (twice === undefined ? undefined : memberTwice(key, twice));
  return {
    key,
    endings,
    images: join((sample) => sample.images).map(withoutBytes),
    sidecars: join((sample) => sample.sidecars).map(withoutBytes),
    ...(problem !== undefined && { problem }),
  };
}

const tooManyMembers = `The sample has more members than the limit of ${tarSampleMembersMax}.`;

/** Why a sample cannot be used that has a member twice and is not whole before the second. */
export function memberTwice(key: string, ending: string): string {
  return `The tar has two members ${key}.${ending}, and nobody can tell which belongs to what.`;
}

function withoutBytes({ bytes: _, ...place }: Part): Part {
  return place;
}

/** The sample as others see it. `file` must stay open until its parts are in memory: see `loaded`. */
export function sourceSample(file: TarFile, sample: TarSample, options: TarSampleOptions): SourceSample {
  const { key, sidecars, problem } = sample;
  const origin = `${file.path}#${key}`;
  if (problem !== undefined) return badSample(origin, problem);
  const chosen = chosenImage(sample, options);
  if (typeof chosen === 'string') return badSample(origin, chosen);
  return {
    origin,
    async read() {
      const image = contentOf(chosen.image);
      const files = sidecars.map((part) => ({
        ending: part.ending,
        origin: `${file.path}#${key}.${part.ending}`,
        read: async () => contentOf(part),
      }));
      const sidecar = await readSidecar(files, options);
      const noCaption = sidecar.noCaption ?? (sidecars.length === 0 ? noCaptionMember(sample) : undefined);
      return { image, ...sidecar, noCaption, changes: [...chosen.changes, ...sidecar.changes] };
    },
  };
}

/** The picture of a sample, or why there is none. */
function chosenImage(
  { images, endings }: TarSample,
  options: TarSampleOptions,
): { readonly image: Part; readonly changes: readonly string[] } | string {
  const [best, ...others] = [...images].sort(
    (one, other) => rankOf(one.ending, options) - rankOf(other.ending, options),
  );
  if (!best) {
    const unread = endings.find(isUnreadEnding);
    if (unread !== undefined) return unreadEnding(unread);
    const expected = options.imageKeys ? `a member ${shownNames(options.imageKeys)}` : `a ${anyFormatName} member`;
    return `Expected ${expected}, got ${shownNames(endings)}${options.imageKeys ? '' : imageKeyHelp}.`;
  }
  if (best.problem !== undefined) return best.problem;
  const isNamed = imageEndings.includes(best.ending) || options.imageKeys !== undefined;
  if (!isNamed && others.length > 0)
    return `Several pictures: ${shownNames(images.map(({ ending }) => ending))}; name one with --image-key.`;
  const changes = isNamed ? [] : [`picture taken from ${best.ending}, as the only one`];
  const isOneOfMore = isNamed && !options.imageKeys && others.some(({ ending }) => imageEndings.includes(ending));
  return { image: best, changes: isOneOfMore ? [`${best.ending} taken of several pictures`] : changes };
}

const imageKeyHelp = ' (--image-key names another)';

function noCaptionMember({ endings }: TarSample): string {
  return `No caption in ${shownNames(endings)}: expected ${captionNames}; --caption-key names others.`;
}

function contentOf({ bytes, problem }: Part): Buffer {
  if (bytes) return bytes;
  throw new TandemError({ code: ErrorCode.DataInvalid, message: problem ?? 'The member was not read.' });
}

/** A sample with all that is used of it in memory. */
export async function loaded(file: TarFile, sample: TarSample, options: TarSampleOptions): Promise<TarSample> {
  const chosen = chosenImage(sample, options);
  if (sample.problem !== undefined || typeof chosen === 'string') return sample;
  const load = async (part: Part): Promise<Part> =>
    part.bytes || part.problem !== undefined ? part : { ...part, bytes: await file.part(part.offset, part.size) };
  const sidecars = await Promise.all(sample.sidecars.map(load));
  return { ...sample, images: [await load(chosen.image)], sidecars };
}

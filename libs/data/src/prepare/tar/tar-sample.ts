import { imageFileBytesMax, sidecarBytesMax, tarSampleMembersMax } from '#protocol/input/input-limits.js';
import { bytesText, shownNames } from '#protocol/input/shown.js';
import { anyFormatName, imageEndings, isUnreadEnding, unreadEnding } from '../../image/image-formats.js';
import { readSidecar } from '../sidecar.js';
import { badSample, type SourceSample } from '../source-sample.js';
import type { TextEncodingLabel } from '../text-encoding.js';
import { tarPart, type TarMember } from './tar-members.js';

/** The content of a member: its bytes, or its place in the tar where they can be read again. */
interface Content {
  readonly offset: number;
  readonly size: number;
  readonly bytes?: Buffer;
}

/** The members of a sample that are used. */
export interface TarSample {
  readonly key: string;
  readonly extensions: string[];
  image?: Content & { readonly rank: number };
  json?: Content;
  text?: Content;
  /** Why the sample cannot be used, once that is known. */
  problem?: string;
}

/** Has a sample all that a pair needs? */
export function isWhole({ image, json, text, problem }: TarSample): boolean {
  return problem === undefined && image !== undefined && (json !== undefined || text !== undefined);
}

/** Reads a member into memory if it is used and within its size limit; other members are skipped. */
export async function addMember(sample: TarSample, extension: string, member: TarMember): Promise<void> {
  if (sample.extensions.length >= tarSampleMembersMax) {
    sample.problem ??= tooManyMembers;
    return;
  }
  sample.extensions.push(extension);
  const rank = imageEndings.indexOf(extension);
  const bytesMax = rank >= 0 ? imageFileBytesMax : sidecarBytesMax;
  const isUsed = rank >= 0 ? rank <= (sample.image?.rank ?? rank) : extension === 'json' || extension === 'txt';
  if (!isUsed || sample.problem !== undefined) return;
  const { offset, bytes: size } = member;
  if (size > bytesMax) {
    sample.problem = `Its ${extension} has ${bytesText(size)}; the limit is ${bytesText(bytesMax)}.`;
    return;
  }
  const content = { offset, size, bytes: await member.read() };
  if (rank >= 0) sample.image = { rank, ...content };
  else sample[extension === 'json' ? 'json' : 'text'] = content;
}

/** Joins the members of a key that are apart in the tar. What was read of them is let go; their places remain. */
export function joinParts(
  first: TarSample | undefined,
  { key, extensions, image, json, text, problem }: TarSample,
): TarSample {
  const images = [first?.image, image].filter((one) => one !== undefined).sort((one, other) => one.rank - other.rank);
  const parts = {
    image: withoutBytes(images[0]),
    json: withoutBytes(first?.json ?? json),
    text: withoutBytes(first?.text ?? text),
  };
  const all = [...(first?.extensions ?? []), ...extensions];
  const problems = first?.problem ?? problem ?? (all.length > tarSampleMembersMax ? tooManyMembers : undefined);
  return {
    key,
    extensions: all,
    ...(parts.image && { image: parts.image }),
    ...(parts.json && { json: parts.json }),
    ...(parts.text && { text: parts.text }),
    ...(problems !== undefined && { problem: problems }),
  };
}

const tooManyMembers = `The sample has more members than the limit of ${tarSampleMembersMax}.`;

function withoutBytes<Part extends Content>(part: Part | undefined): Omit<Part, 'bytes'> | undefined {
  if (!part) return undefined;
  const { bytes: _, ...place } = part;
  return place;
}

/** The sample as others see it. */
export function sourceSample(
  path: string,
  { key, extensions, image, json, text, problem }: TarSample,
  encoding: TextEncodingLabel | undefined,
): SourceSample {
  const origin = `${path}#${key}`;
  if (problem !== undefined) return badSample(origin, problem);
  if (!image) {
    const unread = extensions.find(isUnreadEnding);
    const reason = `Expected a ${anyFormatName} member, got ${shownNames(extensions)}.`;
    return badSample(origin, unread === undefined ? reason : unreadEnding(unread));
  }
  const bytesOf = async (content: Content | undefined): Promise<Uint8Array | undefined> =>
    content && (content.bytes ?? tarPart(path, content.offset, content.size));
  return {
    origin,
    async read() {
      const files = { json: await bytesOf(json), text: await bytesOf(text) };
      // img2dataset writes the caption into both files.
      const sidecar = readSidecar(files, { origin, encoding, merge: false });
      return { image: (await bytesOf(image))!, ...sidecar };
    },
  };
}

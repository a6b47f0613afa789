import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar-stream';
import {
  imageFileBytesMax,
  sidecarBytesMax,
  tarNameLengthMax,
  tarSampleMembersMax,
} from '#protocol/input/input-limits.js';
import { bytesText, shownName, shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openRegularFile } from '#store/file/regular-file.js';
import { mergeSidecars, sidecarFromJson, sidecarFromText } from './sidecar.js';
import { badSample, type SampleSource, type SourceSample } from './source-sample.js';

/** Tar shards as the webdataset library and img2dataset write them, given as files or folders of files. */
export interface WebdatasetSource {
  readonly kind: 'webdataset';
  readonly paths: readonly string[];
}

/**
 * Yields samples in the order of the paths; files in a folder in ascending order. Members of one sample are consecutive
 * and share a key.
 */
export async function* webdatasetSamples({ paths }: WebdatasetSource): SampleSource {
  for (const path of paths) {
    for (const tar of await tarsAt(path)) yield* samplesOfTar(tar);
  }
}

async function tarsAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  return (await readdir(path))
    .filter((name) => name.endsWith('.tar'))
    .sort()
    .map((name) => join(path, name));
}

// The key ends at the first dot of the file name. Source: webdataset, base_plus_ext.
const memberName = /^((?:.*\/|)[^.]+)[.]([^/]*)$/;
/** Image extensions by preference: the first that a sample has is its image. */
const imageExtensions = ['jpg', 'png', 'jpeg', 'webp'];

/** The members of a sample that are used. */
interface Members {
  readonly key: string;
  readonly extensions: string[];
  image?: { readonly rank: number; readonly bytes: Buffer };
  json?: Buffer;
  text?: Buffer;
  /** Why the sample cannot be used, once that is known. */
  problem?: string;
}

async function* samplesOfTar(path: string): SampleSource {
  let members: Members | undefined;
  for await (const { name, bytes, read } of membersOf(path)) {
    if (name.length > tarNameLengthMax) {
      yield badSample(
        `${path}#${shownName(name)}`,
        `The name of a member has ${name.length} characters; the limit is ${tarNameLengthMax}.`,
      );
      continue;
    }
    const [, key, extension] = memberName.exec(name) ?? [];
    if (key === undefined || extension === undefined) continue;
    if (members && members.key !== key) yield sampleOf(path, members);
    if (members?.key !== key) members = { key, extensions: [] };
    await addMember(members, extension.toLowerCase(), bytes, read);
  }
  if (members) yield sampleOf(path, members);
}

/** Reads a member into memory if it is used and within its size limit; other members are skipped. */
async function addMember(
  members: Members,
  extension: string,
  bytes: number,
  read: () => Promise<Buffer>,
): Promise<void> {
  if (members.extensions.length >= tarSampleMembersMax) {
    members.problem ??= `The sample has more members than the limit of ${tarSampleMembersMax}.`;
    return;
  }
  members.extensions.push(extension);
  const rank = imageExtensions.indexOf(extension);
  const bytesMax = rank >= 0 ? imageFileBytesMax : sidecarBytesMax;
  const isUsed = rank >= 0 ? rank <= (members.image?.rank ?? rank) : extension === 'json' || extension === 'txt';
  if (!isUsed || members.problem !== undefined) return;
  if (bytes > bytesMax)
    members.problem = `Its ${extension} has ${bytesText(bytes)}; the limit is ${bytesText(bytesMax)}.`;
  else if (rank >= 0) members.image = { rank, bytes: await read() };
  else if (extension === 'json') members.json = await read();
  else members.text = await read();
}

interface TarMember {
  readonly name: string;
  readonly bytes: number;
  /** Reads the content. Must be called before the next member is requested. */
  read(): Promise<Buffer>;
}

async function* membersOf(path: string): AsyncGenerator<TarMember> {
  const file = await openRegularFile(path).catch((cause: unknown) => {
    throw damaged(path, cause);
  });
  const tar = extract();
  const stream = file.createReadStream().on('error', (cause) => tar.destroy(cause));
  stream.pipe(tar);
  try {
    for await (const entry of tar) {
      // The header may claim any size, even a negative one. The tar reader goes by it, so the limit is checked against
      // it too.
      const { type, name, size = 0 } = entry.header;
      if (type === 'file')
        yield {
          name,
          bytes: size,
          read: () => contentOf(entry, size).catch((cause: unknown) => Promise.reject(damaged(path, cause))),
        };
      entry.resume();
    }
  } catch (cause) {
    throw damaged(path, cause);
  } finally {
    stream.destroy();
  }
}

function damaged(path: string, cause: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected a whole tar file at ${path}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    help: 'Fetch the file again, or leave it out.',
    cause,
  });
}

async function contentOf(entry: AsyncIterable<unknown>, size: number): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(size);
  let done = 0;
  for await (const piece of entry) done += (piece as Buffer).copy(content, done);
  return content.subarray(0, done);
}

function sampleOf(path: string, { key, extensions, image, json, text, problem }: Members): SourceSample {
  const origin = `${path}#${key}`;
  if (problem !== undefined) return badSample(origin, problem);
  if (!image) return badSample(origin, `Expected a webp, jpg or png member, got ${shownNames(extensions)}.`);
  return {
    origin,
    async read() {
      const fromJson = json ? sidecarFromJson(json, origin) : { captions: [] };
      // img2dataset writes the caption into both files.
      const sidecar =
        text && fromJson.captions.length === 0 ? mergeSidecars(fromJson, sidecarFromText(text)) : fromJson;
      return { image: image.bytes, ...sidecar };
    },
  };
}

import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { mergeSidecars, sidecarFromJson, sidecarFromText } from './sidecar.js';
import type { SampleSource, SourceSample } from './source-sample.js';

/** Tar shards as the webdataset library and img2dataset write them: files, or folders of them. */
export interface WebdatasetSource {
  readonly kind: 'webdataset';
  readonly paths: readonly string[];
}

/** In the order of the paths, those of a folder ascending. Members of one sample follow one another and share a key. */
export async function* webdatasetSamples({ paths }: WebdatasetSource): SampleSource {
  for (const path of paths) {
    for (const tar of await tarsAt(path)) yield* samplesOfTar(tar);
  }
}

async function tarsAt(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  return (await readdir(path)).filter((name) => name.endsWith('.tar')).sort().map((name) => join(path, name));
}

// The key ends at the first dot of the file's name. Source: webdataset, base_plus_ext.
const memberName = /^((?:.*\/|)[^.]+)[.]([^/]*)$/;

async function* samplesOfTar(path: string): SampleSource {
  let members: { key: string; files: Map<string, Buffer> } | undefined;
  for await (const [name, bytes] of membersOf(path)) {
    const [, key, extension] = memberName.exec(name) ?? [];
    if (key === undefined || extension === undefined) continue;
    if (members && members.key !== key) yield sampleOf(path, members.key, members.files);
    if (members?.key !== key) members = { key, files: new Map() };
    members.files.set(extension.toLowerCase(), bytes);
  }
  if (members) yield sampleOf(path, members.key, members.files);
}

async function* membersOf(path: string): AsyncGenerator<readonly [string, Buffer]> {
  const tar = extract();
  createReadStream(path).on('error', (cause) => tar.destroy(cause)).pipe(tar);
  try {
    for await (const entry of tar) {
      if (entry.header.type === 'file') yield [entry.header.name, await buffer(entry)];
      else entry.resume();
    }
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Expected a whole tar file at ${path}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      help: 'Fetch the file again, or leave it out.',
      cause,
    });
  }
}

const IMAGE_EXTENSIONS = ['jpg', 'png', 'jpeg', 'webp'];

function sampleOf(path: string, key: string, files: ReadonlyMap<string, Buffer>): SourceSample {
  const origin = `${path}#${key}`;
  return {
    origin,
    async read() {
      const image = IMAGE_EXTENSIONS.map((extension) => files.get(extension)).find((found) => found !== undefined);
      if (!image) {
        throw new TandemError({ code: ErrorCode.DataInvalid, message: `Expected a webp, jpg or png member, got ${[...files.keys()].join(', ')}.` });
      }
      const [json, text] = [files.get('json'), files.get('txt')];
      const fromJson = json ? sidecarFromJson(json.toString(), origin) : { captions: [] };
      // img2dataset repeats the caption in both files.
      const sidecar = text && fromJson.captions.length === 0 ? mergeSidecars(fromJson, sidecarFromText(text.toString())) : fromJson;
      return { image, ...sidecar };
    },
  };
}

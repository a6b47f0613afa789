import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import { canonicalJson, type Json } from './canonical-json.js';
import { datasetVersion, parseDocument, shardIndexSchema, type IndexedSample } from './dataset-manifest.js';
import type { NewSample } from './sample.js';

/** A shard as it is stored. */
export interface PackedShard {
  readonly tar: Uint8Array;
  readonly index: Uint8Array;
}

/** Packs a tar with `key.webp` (or jpg, png) and `key.json` for each sample, and the index of the tar. */
export async function packShard(samples: readonly NewSample[]): Promise<PackedShard> {
  const tar = pack();
  const written = buffer(tar);
  const entries: IndexedSample[] = [];
  let offset = 0;

  function addMember(member: string, bytes: Uint8Array): { member: string; offset: number; bytes: number } {
    // No owner and no time, so that equal samples give equal bytes.
    tar.entry({ name: member, mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) }, Buffer.from(bytes));
    const place = { member, offset: offset + tarBlockBytes, bytes: bytes.byteLength };
    offset += memberBytes(bytes);
    return place;
  }

  for (const sample of samples) {
    const { key, extension, image } = sample;
    const sidecar = sidecarOf(sample);
    entries.push({ key, image: addMember(`${key}.${extension}`, image), ...sidecar });
    addMember(`${key}.json`, jsonBytes(sidecar));
  }
  tar.finalize();
  return {
    tar: await written,
    index: jsonBytes({ format: 'tandem-shard-index', version: datasetVersion, samples: entries }),
  };
}

/** Bytes of a sample in a tar. */
export function packedBytes(sample: NewSample): number {
  return memberBytes(sample.image) + memberBytes(jsonBytes(sidecarOf(sample)));
}

function sidecarOf({ captions, group }: NewSample): { captions: string[]; group?: string } {
  return group === undefined ? { captions: [...captions] } : { captions: [...captions], group };
}

/** A header, and the content filled up to whole blocks. */
function memberBytes({ byteLength }: Uint8Array): number {
  return tarBlockBytes + Math.ceil(byteLength / tarBlockBytes) * tarBlockBytes;
}

/** The samples of a packed shard. */
export function unpackShard({ tar, index }: PackedShard, url: string): NewSample[] {
  return parseDocument(shardIndexSchema, index, url).samples.map(({ key, captions, group, image }) => ({
    key,
    captions,
    ...(group === undefined ? {} : { group }),
    image: tar.subarray(image.offset, image.offset + image.bytes),
    extension: image.member.slice(image.member.lastIndexOf('.') + 1) as NewSample['extension'],
  }));
}

export function jsonBytes(value: Json): Uint8Array {
  return new TextEncoder().encode(canonicalJson(value));
}

const tarBlockBytes = 512;

import { z } from 'zod';
import type { WantedPicture } from '../picture/downloaded-picture.js';

const shardListSchema = z.array(
  z.strictObject({
    key: z.string(),
    url: z.string(),
    captions: z.array(z.string()),
    group: z.string().optional(),
  }),
);

/** The pictures that a shard is to have, in their order, as bytes of JSON. */
export function encodeShardList(pictures: readonly WantedPicture[]): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify(pictures.map(({ key, url, captions, group }) => ({ key, url, captions, group }))),
  );
}

/** Throws where the bytes are no such list. */
export function decodeShardList(bytes: Uint8Array): readonly WantedPicture[] {
  const pictures = shardListSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  return pictures.map((one) => ({ ...one, group: one.group }));
}

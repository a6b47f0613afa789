import type { Device } from '#engine/device.js';
import { readFreeMemory } from '#engine/devices/free-memory.js';
import { clipPreparation } from '#data/image/evaluation-image.js';
import { clipEncoder } from '#evaluate/features/clip-encoder.js';
import type { ImageEncoder } from '#evaluate/features/image-encoder.js';
import { readCheckpointAt } from '#inference/checkpoint-model.js';
import { openClipModel } from '#inference/clip-model.js';
import { featureShardImages } from '#protocol/pool/task.js';
import type { StoreAccess } from '#store/open-store.js';
import { checkModelRoom } from '../checks/model-room.js';
import type { CheckpointPlace } from '../checkpoints/run-checkpoints.js';

/** A checkpoint whose towers embed what is searched and what is searched for. */
export interface SearchedModel {
  readonly url: string;
  /** Embeds a data set's images, as many at once as a worker does. */
  readonly encoder: ImageEncoder;
  /** One text or one image file → [d], of unit length. Throws DATA_INVALID for an image that cannot be read. */
  embed(query: string | Uint8Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Throws CONFLICT if memory has no room for it, and what openCheckpointAt throws. */
export async function openSearchedModel(
  { url, parameterBytes }: CheckpointPlace,
  device: Device,
  access: StoreAccess,
): Promise<SearchedModel> {
  checkModelRoom(parameterBytes, readFreeMemory());
  const stored = await readCheckpointAt(url, access);
  // A tower is compiled when it is first used: each model compiles those that the other does not.
  const [many, one] = await Promise.all(
    [featureShardImages, 1].map((batch) => openClipModel({ ...stored, device, batch })),
  );
  const encoder = clipEncoder({ model: many!, preparation: clipPreparation }, url);
  return {
    url,
    encoder,
    embed: async (query) =>
      typeof query === 'string' ? one!.embedTexts([query]) : one!.embedImages(await encoder.prepare(query)),
    async close() {
      await encoder.close();
      await one!.close();
    },
  };
}

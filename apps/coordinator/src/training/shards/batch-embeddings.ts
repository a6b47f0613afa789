import { pairHashBytes } from '#data/dataset/pair-hash.js';
import { rowsOfShards, type ShardRange } from '#data/sampling/shard-plan.js';
import type { Embeddings } from '#model/loss/contrastive-result.js';
import { denseIds, keysOf, maskedBy } from '#model/loss/false-negatives.js';
import { sharedFloats } from '#model/parameters/shared-floats.js';
import type { Span } from '#protocol/pool/task.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { decodeSafetensors } from '#store/safetensors/safetensors.js';

/** I and T of a batch, and what the loss tells equal pairs by: put together from the blobs of encode tasks. */
export interface BatchEmbeddings {
  /** Takes the rows of neighbouring shards. Throws DATA_INVALID if the blob has others. */
  put(blob: Uint8Array, span: Span): void;
  /** [N, d] each, once the rows of all shards are in. */
  all(): Embeddings;
}

export function openBatchEmbeddings(
  { batch, model, loss }: Pick<RunConfig, 'batch' | 'model' | 'loss'>,
  shards: readonly ShardRange[],
): BatchEmbeddings {
  const d = model.embed_dim;
  const [images, texts] = [sharedFloats(batch * d), sharedFloats(batch * d)];
  const keysBy = maskedBy(loss).map((mask) => [mask, new Uint8Array(batch * pairHashBytes)] as const);
  return {
    put(blob, { shard, shards: count }) {
      const { tensors } = decodeSafetensors(blob);
      const { offset, size: pairs } = rowsOfShards(shards, shard, count);
      const take = (name: string, into: Float32Array | Uint8Array, width: number): void => {
        const values = tensors[name]?.data;
        if (values?.constructor !== into.constructor || values.length !== pairs * width)
          throw otherRows(name, pairs, width, tensors[name]?.shape);
        into.set(values as Float32Array | Uint8Array, offset * width);
      };
      take('image', images, d);
      take('text', texts, d);
      for (const [mask, keys] of keysBy) take(keysOf[mask], keys, pairHashBytes);
    },
    all: () => ({
      images,
      texts,
      ...Object.fromEntries(keysBy.map(([mask, keys]) => [mask, denseIds(keys, pairHashBytes)])),
    }),
  };
}

function otherRows(name: string, pairs: number, width: number, got: readonly number[] | undefined): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Embeddings of a worker: expected ${name} [${pairs}, ${width}], got ` +
      `${got ? `[${got.join(', ')}]` : 'none'}.`,
    help: 'Run coordinator and workers from the same build.',
    retryable: true,
  });
}

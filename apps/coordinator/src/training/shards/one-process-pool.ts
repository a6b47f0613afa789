import { pairHashBytes } from '#data/dataset/pair-hash.js';
import { shardPlan } from '#data/sampling/shard-plan.js';
import type { Encoders } from '#encoder/encoders.js';
import { backpropShard, encodeShard } from '#encoder/shard-passes.js';
import type { ShardSamples } from '#encoder/shard-samples.js';
import type { KeptPart } from '#encoder/stash-cache.js';
import { denseIds, keysOf, maskedBy } from '#model/loss/false-negatives.js';
import { addInto } from '#model/optimizer/gradient-sum.js';
import { reductionTree } from '#model/optimizer/reduction-tree.js';
import { sharedFloats } from '#model/parameters/shared-floats.js';
import { notFinite } from '#model/parameters/not-finite.js';
import { updatedTensors } from '#model/parameters/trainable-parameters.js';
import type { NonFiniteValue } from '#protocol/pool/task.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { contentHash } from '#store/content-hash.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { atOnce } from '#threads/turns.js';
import { nonFiniteGradient } from './non-finite.js';
import type { ShardPool } from './shard-pool.js';

export interface OneProcessPoolOptions {
  readonly config: Pick<RunConfig, 'batch' | 'shards' | 'shardSize' | 'model' | 'train' | 'loss'>;
  readonly encoders: Encoders;
  /** Loads the pairs of a shard, cut into micro-batches. */
  load(step: number, shard: number): Promise<ShardSamples>;
  /** Between the passes: keep the activations of every micro-batch, or keep none and repeat the forward pass. */
  readonly between: 'stash' | 'recompute';
}

/**
 * A ShardPool that does all shards one after another in this process. It gives the same bits as any pool of workers.
 * A comparison of the two shows what the way through queue and store costs.
 */
export function openOneProcessPool({ config, encoders, load, between }: OneProcessPoolOptions): ShardPool {
  const d = config.model.embed_dim;
  const shards = shardPlan(config);
  const masks = maskedBy(config.loss);
  const encoded = new Map<number, { readonly samples: ShardSamples; readonly parts: readonly KeptPart[] }>();
  let nonFinite: NonFiniteValue[] = [];

  return {
    async publish({ parameters }) {
      for (const [name, values] of Object.entries(float32Values(parameters))) await encoders.setParameter(name, values);
      return { key: 'in this process', hash: await contentHash(parameters) };
    },

    async encode(step) {
      const [images, texts] = [sharedFloats(config.batch * d), sharedFloats(config.batch * d)];
      const hashesOf = masks.map((mask) => [mask, new Uint8Array(config.batch * pairHashBytes)] as const);
      for (const [shard, { offset }] of shards.entries()) {
        const samples = await load(step, shard);
        const parts: KeptPart[] = [];
        const rows = await encodeShard(encoders, d, samples, async (part) => {
          if (between === 'stash') parts.push(part);
          else await part.stash.dispose();
        });
        encoded.set(shard, { samples, parts });
        images.set(rows.image, offset * d);
        texts.set(rows.text, offset * d);
        for (const [mask, hashes] of hashesOf) hashes.set(samples.keys[keysOf[mask]], offset * pairHashBytes);
      }
      return {
        images,
        texts,
        ...Object.fromEntries(hashesOf.map(([mask, hashes]) => [mask, denseIds(hashes, pairHashBytes)])),
      };
    },

    async backprop(_step, _parameters, { imageGradients, textGradients }) {
      const sum = reductionTree<Uint8Array>(shards.length, async (left, right) => {
        const [into, added] = [float32Values(left), float32Values(right)];
        for (const [name, values] of Object.entries(into)) addInto(values, added[name]!);
        return left;
      });
      nonFinite = [];
      for (const [shard, { offset, size }] of shards.entries()) {
        const rowsOf = (all: Float32Array): Float32Array => all.subarray(offset * d, (offset + size) * d);
        const { samples, parts } = encoded.get(shard)!;
        await backpropShard(
          encoders,
          d,
          samples,
          { image: rowsOf(imageGradients), text: rowsOf(textGradients) },
          parts,
        );
        for (const { stash } of parts) await stash.dispose();
        encoded.delete(shard);
        const { bytes, values } = sharedBlob(updatedTensors(config));
        for (const [tensor, into] of Object.entries(values)) {
          await encoders.readGradient(tensor, into);
          const bad = atOnce(notFinite(into));
          if (bad !== undefined) nonFinite.push({ shard, tensor, value: String(bad) as NonFiniteValue['value'] });
        }
        await sum.put(shard, bytes);
      }
      return sum.root();
    },

    nonFiniteGradient: () => nonFiniteGradient(nonFinite),
  };
}

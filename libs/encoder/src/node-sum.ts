import { adding } from '#model/optimizer/gradient-sum.js';
import { sumsCompleted } from '#model/optimizer/reduction-tree.js';
import { notFinite } from '#model/parameters/not-finite.js';
import { shardsPerTaskMax, type NonFiniteValue } from '#protocol/pool/task.js';
import { sharedBlob, type SharedBlob } from '#store/safetensors/shared-blob.js';
import { copying } from '#store/safetensors/shared-copy.js';
import type { TensorStream } from '#store/safetensors/tensor-stream.js';
import type { Pieces } from '#store/store.js';
import { inTurns } from '#threads/turns.js';

/**
 * Adds the gradients of a node's shards, one after another, in the order and arithmetic of the reduction tree: the sum
 * has the bits that the coordinator would form from the shards (invariant P1). At most log2(count) sums are in memory
 * at once; the last shard is added while the blob is written.
 */
export interface NodeSum {
  /** Takes the gradient that is in the encoders as that of the next shard. Not for the last shard. */
  add(): Promise<void>;
  /** The blob of the sum; the gradient of the last shard is read from the encoders. It may be read more than once. */
  write(): Pieces;
  /** The first value that is not finite in the gradient of one shard, among those that were read so far. */
  nonFinite(): NonFiniteValue | undefined;
  /** Gives the memory of its sums back. */
  close(): void;
}

/** The memory that sums are formed in, kept from step to step. */
export interface NodeSums {
  /** Begins the sum over `count` shards from `first` on. */
  open(first: number, count: number): NodeSum;
  /** Says that this worker encodes shards of the step: it may be given a node with all that it has encoded. */
  expectShards(step: number, count: number): void;
  /** How many bytes the sums of the expected shards may take that have not been taken yet. */
  readonly leftBytes: number;
}

export interface NodeSumsOptions {
  /** The tensors of a gradient. */
  readonly specs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly stream: TensorStream;
  /** Copies a tensor of the gradient that is in the encoders. */
  read(name: string, into: Float32Array): Promise<void>;
  /** Tells which tensors are sent as bfloat16. */
  isNarrow(name: string): boolean;
}

export function openNodeSums({ specs, stream, read, isNarrow }: NodeSumsOptions): NodeSums {
  const free: SharedBlob[] = [];
  let allocated = 0;
  let expected = { step: -1, shards: 1 };
  const take = (): SharedBlob => {
    const known = free.pop();
    if (!known) allocated += 1;
    return known ?? sharedBlob(specs);
  };
  return {
    expectShards: (step, count) =>
      void (expected = { step, shards: expected.step === step ? expected.shards + count : count }),
    get leftBytes() {
      const sumsMax = Math.ceil(Math.log2(Math.min(expected.shards, shardsPerTaskMax)));
      return Math.max(0, sumsMax - allocated) * stream.byteLength;
    },
    open(first, count) {
      /** Sums that wait for their right side, the newest last. */
      const waiting: SharedBlob[] = [];
      let index = 0;
      let found: NonFiniteValue | undefined;
      /** The tensor of the shard, and its sum with those that wait, the newest first. */
      const readInto = async (name: string, into: Float32Array, sums: readonly SharedBlob[]): Promise<void> => {
        await read(name, into);
        const bad = found === undefined ? await inTurns(notFinite(into)) : undefined;
        if (bad !== undefined)
          found = { shard: first + index, tensor: name, value: String(bad) as NonFiniteValue['value'] };
        // left + right has the bits of right + left.
        for (const { values } of sums.toReversed()) await inTurns(adding(into, values[name]!));
      };
      return {
        async add() {
          const sums = waiting.splice(waiting.length - sumsCompleted(index, count));
          const [into = take(), ...needless] = sums;
          const pieces = stream.write(async (name, values) => {
            await readInto(name, values, sums);
            await inTurns(copying(into.values[name]!, values));
          });
          for await (const _ of pieces());
          free.push(...needless);
          waiting.push(into);
          index += 1;
        },
        write: () => stream.write((name, into) => readInto(name, into, waiting), isNarrow),
        nonFinite: () => found,
        close: () => void free.push(...waiting.splice(0)),
      };
    },
  };
}

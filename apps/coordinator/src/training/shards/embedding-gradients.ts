import { rowsOfShards, type ShardRange } from '#data/sampling/shard-plan.js';
import type { NodeSpan } from '#model/optimizer/reduction-tree.js';
import type { TowerName } from '#model/towers/tower-step.js';
import { encodeFloat32, type Float32Tensor } from '#store/safetensors/safetensors.js';
import type { Pausable } from '#threads/turns.js';

/** Rows of dI and dT as workers read them, of one or several neighbouring nodes. */
export interface GradientRows extends NodeSpan {
  readonly blob: Uint8Array;
}

/** Nodes of neighbouring shards share a blob up to this size: to write a small one takes as long as to read several. */
const sharedBytesMax = 2 ** 16;

/**
 * Cuts dI and dT, [N, d] each, into blobs, so that all rows of each node are in one. `gradients`: those of the towers
 * that are trained.
 */
export function* embeddingGradients(
  nodes: readonly NodeSpan[],
  shards: readonly ShardRange[],
  d: number,
  gradients: Partial<Record<TowerName, Float32Array>>,
): Pausable<GradientRows[]> {
  const rowBytes = Object.keys(gradients).length * d * Float32Array.BYTES_PER_ELEMENT;
  const bytesOf = ({ first, count }: NodeSpan): number => rowsOfShards(shards, first, count).size * rowBytes;
  const blobs: GradientRows[] = [];
  for (const { first, count } of joined(nodes, (span) => bytesOf(span) <= sharedBytesMax)) {
    const { offset, size } = rowsOfShards(shards, first, count);
    const rows = Object.entries(gradients).map(([tower, all]): [string, Float32Tensor] => [
      tower,
      { shape: [size, d], data: all.subarray(offset * d, (offset + size) * d) },
    ]);
    blobs.push({ first, count, blob: encodeFloat32(Object.fromEntries(rows)) });
    yield;
  }
  return blobs;
}

/** Joins neighbours as long as what comes of it fits. */
function joined(nodes: readonly NodeSpan[], fits: (span: NodeSpan) => boolean): NodeSpan[] {
  const spans: NodeSpan[] = [];
  for (const node of nodes) {
    const last = spans.at(-1);
    const both = last && { first: last.first, count: last.count + node.count };
    if (both && fits(both)) spans.splice(-1, 1, both);
    else spans.push(node);
  }
  return spans;
}

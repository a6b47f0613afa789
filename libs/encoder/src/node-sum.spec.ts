// Goal: a worker's sum over a node has the bits that the reduction tree forms from its shards (P1), says which shard is
// not finite (N1), and takes no more memory than it says. Method: gradients of many sizes, whose sums in any other
// order have other bits.
import { describe, expect, it } from 'vitest';
import { narrowBfloat16 } from '#kernel/half-precision.js';
import { addInto } from '#model/optimizer/gradient-sum.js';
import { reductionTree } from '#model/optimizer/reduction-tree.js';
import { decodeSafetensors, float32Values } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { openTensorStream } from '#store/safetensors/tensor-stream.js';
import { openNodeSums, type NodeSum, type NodeSums } from './node-sum.js';

const specs = [
  { name: 'tower.weight', shape: [70, 3] },
  { name: 'norm.running_mean', shape: [5] },
  { name: 'logit_scale', shape: [] },
];
type Gradient = Readonly<Record<string, Float32Array>>;

/** The gradient of a shard, a function of its number. */
function gradientOf(shard: number): Gradient {
  const { values } = sharedBlob(specs);
  for (const [at, each] of Object.values(values).entries())
    each.forEach((_, i) => (each[i] = Math.sin(shard * 97 + at * 31 + i) * 10 ** ((i * 7 + shard) % 9)));
  return values;
}

/** Sums whose encoders hold what `current` says. */
function open(isNarrow: (name: string) => boolean = () => false): { sums: NodeSums; hold(gradient: Gradient): void } {
  let current: Gradient = {};
  const sums = openNodeSums({
    specs,
    stream: openTensorStream(specs),
    read: async (name, into) => into.set(current[name]!),
    isNarrow,
  });
  return { sums, hold: (gradient) => void (current = gradient) };
}

async function blobOf(sum: NodeSum): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of sum.write()()) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

async function summed({ sums, hold }: ReturnType<typeof open>, gradients: readonly Gradient[]): Promise<Uint8Array> {
  const sum = sums.open(0, gradients.length);
  for (const [at, gradient] of gradients.entries()) {
    hold(gradient);
    if (at < gradients.length - 1) await sum.add();
  }
  const first = await blobOf(sum);
  expect(Buffer.compare(await blobOf(sum), first), 'written again, as a store does that has to start over').toBe(0);
  sum.close();
  return first;
}

async function treeSum(gradients: readonly Gradient[]): Promise<Gradient> {
  const tree = reductionTree<Gradient>(gradients.length, async (left, right) => {
    for (const [name, values] of Object.entries(left)) addInto(values, right[name]!);
    return left;
  });
  for (const [at, gradient] of gradients.entries()) await tree.put(at, gradient);
  return tree.root();
}

const shards = (count: number): number[] => Array.from({ length: count }, (_, shard) => shard);

describe('a sum over a node', () => {
  it('P1: has the bits of the reduction tree, for 1 to 16 shards in the same memory', async () => {
    const opened = open();
    for (const count of shards(16).map((at) => at + 1)) {
      const got = float32Values(await summed(opened, shards(count).map(gradientOf)));
      const expected = await treeSum(shards(count).map(gradientOf));
      for (const { name } of specs) expect(got[name], `${name} of ${count} shards`).toEqual(expected[name]);
    }
    const inOrder = gradientOf(0);
    for (const shard of [1, 2, 3]) for (const { name } of specs) addInto(inOrder[name]!, gradientOf(shard)[name]!);
    expect(inOrder['tower.weight'], 'another order has other bits').not.toEqual(
      (await treeSum(shards(4).map(gradientOf)))['tower.weight'],
    );
  });

  it('is rounded to bfloat16 once, when it is sent; running statistics are not', async () => {
    const isNarrow = (name: string): boolean => !name.includes('running');
    const { tensors } = decodeSafetensors(await summed(open(isNarrow), shards(5).map(gradientOf)));
    const expected = await treeSum(shards(5).map(gradientOf));
    expect(tensors['tower.weight']!.data).toEqual(narrowBfloat16(expected['tower.weight']!));
    expect(tensors['norm.running_mean']!.data).toEqual(expected['norm.running_mean']);
  });

  it.each([0, 1, 3, 4])('N1: names shard %i of 0 to 4, in which a value is not finite', async (bad) => {
    const { sums, hold } = open();
    const sum = sums.open(8, 5);
    for (const at of shards(5)) {
      const gradient = gradientOf(at);
      if (at === bad) gradient['norm.running_mean']![2] = -Infinity;
      if (at === bad + 1) gradient['tower.weight']![0] = NaN;
      hold(gradient);
      if (at < 4) await sum.add();
      else await blobOf(sum);
    }
    expect(sum.nonFinite()).toEqual({ shard: 8 + bad, tensor: 'norm.running_mean', value: '-Infinity' });
  });

  it('N1: finite shards whose sum is not finite are not named', async () => {
    const { sums, hold } = open();
    const gradient = gradientOf(1);
    gradient['tower.weight']![0] = 3e38;
    hold(gradient);
    const sum = sums.open(0, 2);
    await sum.add();
    expect(float32Values(await blobOf(sum))['tower.weight']![0]).toBe(Infinity);
    expect(sum.nonFinite()).toBeUndefined();
  });

  it('announces its memory: log2 of the shards that are expected, less what it has', async () => {
    const { byteLength } = sharedBlob(specs).bytes;
    const opened = open();
    const expected: number[] = [];
    for (let shard = 0; shard < 20; shard++) {
      opened.sums.expectShards(3, 1);
      expected.push(opened.sums.leftBytes / byteLength);
    }
    expect(expected.slice(0, 9)).toEqual([0, 1, 2, 2, 3, 3, 3, 3, 4]);
    expect(expected.at(-1)).toBe(4);
    await summed(opened, shards(4).map(gradientOf));
    expect(opened.sums.leftBytes / byteLength).toBe(2);
    opened.sums.expectShards(4, 4);
    expect(opened.sums.leftBytes).toBe(0);
    opened.sums.expectShards(4, 5);
    expect(opened.sums.leftBytes / byteLength).toBe(2);
  });
});

/** A leaf, or the sum of a run of neighbouring leaves. */
export interface TreeNode<T> {
  /** 0 for a leaf; a node of level l covers 2^l shards, fewer at the end. */
  readonly level: number;
  readonly index: number;
  readonly value: T;
}

/**
 * The fixed binary tree over shard indices, ((0+1)+(2+3))+…: which sums are formed depends only on the number of
 * shards, never on the order in which they arrive (invariant P1). `add` is called with the left and the right sum, in
 * that order, and its result stands for both. A sum is formed as soon as both of its sides are there.
 */
export interface ReductionTree<T> {
  /** Adds a shard's value; resolves when every sum that this made possible has been formed. */
  put(shard: number, value: T): Promise<void>;
  /** The sum over all shards, once all are in. */
  root(): T;
}

export function reductionTree<T>(shards: number, add: (left: T, right: T) => Promise<T>): ReductionTree<T> {
  const waiting = new Map<string, TreeNode<T>>();
  let root: { readonly value: T } | undefined;

  const climb = async ({ level, index, value }: TreeNode<T>): Promise<void> => {
    const nodesOfLevel = Math.ceil(shards / 2 ** level);
    if (nodesOfLevel === 1) return void (root = { value });
    const siblingIndex = index ^ 1;
    if (siblingIndex >= nodesOfLevel) return climb({ level: level + 1, index: index >> 1, value });
    const sibling = waiting.get(`${level}/${siblingIndex}`);
    if (!sibling) return void waiting.set(`${level}/${index}`, { level, index, value });
    waiting.delete(`${level}/${siblingIndex}`);
    const [left, right] = index < siblingIndex ? [value, sibling.value] : [sibling.value, value];
    await climb({ level: level + 1, index: index >> 1, value: await add(left, right) });
  };
  return {
    put: (shard, value) => climb({ level: 0, index: shard, value }),
    root() {
      if (!root) throw new Error('internal: the sum was asked for before all shards were in');
      return root.value;
    },
  };
}

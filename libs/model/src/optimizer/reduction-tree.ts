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
  /**
   * Adds the value of a shard or, if somebody else has formed it, the sum over `count` shards from `first` on, which
   * must be a node of the tree. Resolves when every sum that this made possible has been formed.
   */
  put(first: number, value: T, count?: number): Promise<void>;
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
    async put(first, value, count = 1) {
      const level = Math.ceil(Math.log2(count));
      if (first % 2 ** level !== 0 || (count !== 2 ** level && first + count !== shards))
        throw new Error(`internal: shards ${first} to ${first + count - 1} of ${shards} are no node of the tree`);
      await climb({ level, index: first / 2 ** level, value });
    },
    root() {
      if (!root) throw new Error('internal: the sum was asked for before all shards were in');
      return root.value;
    },
  };
}

/** A node of the tree, by the shards below it: `count` of them from `first` on. */
export interface NodeSpan {
  readonly first: number;
  readonly count: number;
}

/**
 * The largest nodes of the tree whose shards all have one owner, in order; none has more than `countMax` shards.
 * `owners`: that of each shard.
 */
export function ownNodes(owners: readonly unknown[], countMax: number): NodeSpan[] {
  const below = (first: number, width: number): NodeSpan[] => {
    const own = owners.slice(first, first + width);
    if (own.length === 0) return [];
    if (own.length <= countMax && own.every((owner) => owner === own[0])) return [{ first, count: own.length }];
    return [...below(first, width / 2), ...below(first + width / 2, width / 2)];
  };
  return below(0, 2 ** Math.ceil(Math.log2(owners.length)));
}

/**
 * How the sum of a node is formed if its shards come in order: the sums that wait are a stack, and this many from its
 * top are completed by the shard at `index` of `count`, the topmost first. At most log2(count) sums wait, rounded up.
 */
export function sumsCompleted(index: number, count: number): number {
  // Before this shard, one sum waits for each 1 among the binary digits of `index`; the last shard completes them all.
  const digits = index.toString(2);
  const ones = index === count - 1 ? digits : /1*$/.exec(digits)![0];
  return ones.replaceAll('0', '').length;
}

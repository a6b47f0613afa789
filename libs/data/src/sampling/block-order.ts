import { lastAtOrBefore, startsOf } from './ascending.js';
import { permute } from './permutation.js';

/** How an epoch visits pairs in blocks. */
export interface BlockOrder {
  /** The pair at a position of the epoch. */
  pairAt(position: number): OrderedPair;
}

export interface OrderedPair {
  readonly index: number;
  /** Its place in the epoch's order of tar files: those of one file are neighbours. */
  readonly place: number;
}

export interface BlockOrderOptions {
  /** Pairs of each tar file: [F]. */
  readonly filePairs: readonly number[];
  /** A block is as many tar files as hold this many pairs. */
  readonly blockPairs: number;
  /** Determine the order. */
  readonly seeds: readonly number[];
}

/**
 * The order of an epoch in blocks: the tar files are put into a random order and cut into blocks, and the pairs of each
 * block are put into a random order. A few neighbouring positions then need the files of one block or two, however
 * large the data set is. Memory: 12 bytes for each tar file, and none for a pair.
 */
export function blockOrder({ filePairs, blockPairs, seeds }: BlockOrderOptions): BlockOrder {
  const files = filePairs.length;
  const firstPairs = startsOf(filePairs);
  const order = Int32Array.from({ length: files }, (_, position) => permute(position, files, seeds));
  const starts = startsOf(Array.from(order, (file) => filePairs[file]!));
  const blocks = blockStarts(starts, blockPairs);
  return {
    pairAt(position) {
      const block = lastAtOrBefore(blocks, position);
      const start = blocks[block]!;
      const end = blocks[block + 1] ?? starts[files]!;
      const place = start + permute(position - start, end - start, [...seeds, block]);
      const at = lastAtOrBefore(starts.subarray(0, files), place);
      return { index: firstPairs[order[at]!]! + place - starts[at]!, place };
    },
  };
}

/** Where blocks begin: a block ends with the file with which it is large enough. */
function blockStarts(starts: Float64Array, blockPairs: number): number[] {
  const blocks = [0];
  for (const start of starts.subarray(1, -1)) if (start - blocks.at(-1)! >= blockPairs) blocks.push(start);
  return blocks;
}

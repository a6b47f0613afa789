import type { GraphBuilder } from './graph-builder.js';

/** The matmul aᵀ·b, which sums over `rows`: a [rows, left], b [rows, right] → [left, right]. */
export interface RowsMatmul {
  readonly graph: GraphBuilder;
  readonly a: string;
  readonly b: string;
  readonly rows: number;
  readonly left: number;
  readonly right: number;
}

/** Side of the tile of a result that one group of a GPU's threads computes. */
const pieceSide = 32;
/** Roughly the number of groups that keeps a large GPU busy. */
const groupsWanted = 1024;
/** The fewest rows that a group adds up. */
const rowsMin = 256;

/**
 * Adds a matmul that sums over rows, cut into parts where it is long. A filter's gradient sums over all pixels of all
 * images and has few elements, so a single matmul would leave most of a GPU's threads idle. Each part of the sum is a
 * matmul of its own, and the parts are then added: more threads work, and the order of additions is the same in every
 * run. In RN50's backward pass (64 images, H200) such single matmuls took 92 % of 1.7 s, at 1 TFLOP/s.
 */
export function emitRowsMatmul({ graph, a, b, rows, left, right }: RowsMatmul): string {
  const parts = partsOfSum(rows, Math.ceil(left / pieceSide) * Math.ceil(right / pieceSide));
  if (parts === 1) return graph.emit('Gemm', [a, b], { attributes: { transA: 1 } });
  const cut = (x: string, columns: number): string =>
    graph.emit('Reshape', [x, graph.shape([parts, rows / parts, columns])]);
  const turned = graph.emit('Transpose', [cut(a, left)], { attributes: { perm: [0, 2, 1] } });
  const products = graph.emit('MatMul', [turned, cut(b, right)]); // [parts, left, right]
  return graph.emit('ReduceSum', [products, graph.integers([0])], { attributes: { keepdims: 0 } });
}

/**
 * Number of equal parts into which a sum over `rows` is cut if its result has `pieces` tiles: 1 if the tiles alone keep
 * a GPU busy.
 */
export function partsOfSum(rows: number, pieces: number): number {
  if (pieces * 4 > groupsWanted) return 1;
  const most = Math.min(Math.ceil(groupsWanted / pieces), Math.floor(rows / rowsMin));
  for (let parts = most; parts > 1; parts--) if (rows % parts === 0) return parts;
  return 1;
}

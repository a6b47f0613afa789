import type { NodeOf, Value } from '../program/program.js';
import { sizeOf } from '../tensor-spec.js';
import { literal } from './dialect.js';
import type { Page, Shape } from './roots.js';

/** Rows and columns of the result that a group computes, and terms that it loads at a time. */
const tile = 64;
const depth = 16;
/** Threads of a group along each axis, and rows and columns of each thread. */
const side = 16;
const each = tile / side;

/**
 * matMul: a group computes a tile of the result. It loads tiles of both operands, through which they may be transposed
 * or moved in any other way, and each thread adds the products of four rows and columns in the order of the terms.
 */
export function writeMatMul({ writer, expressions }: Page, node: NodeOf<'matMul'>): Shape {
  const [a, b] = node.inputs as [Value, Value];
  const [result] = node.outputs as [Value];
  const { transposeA, transposeB, scale } = node.attributes;
  const [rows, columns] = result.shape.slice(-2) as [number, number];
  const terms = a.shape.at(transposeA ? -2 : -1)!;
  const batch = result.shape.slice(0, -2);

  writer.line(`LOCAL float tileA[${depth}][${tile + 1}];`);
  writer.line(`LOCAL float tileB[${depth}][${tile + 1}];`);
  writer.line(`const int thread = THREAD(1) * ${side} + THREAD(0);`);
  writer.line(`const int firstRow = GROUP(1) * ${tile}, firstColumn = GROUP(0) * ${tile};`);
  const outer = expressions.placeAt('GROUP(2)', { shape: batch }).axes;
  writer.line(`float sums[${each}][${each}];`);
  const ofThread = (body: () => void): void =>
    writer.block(`for (int i = 0; i < ${each}; i++)`, () => writer.block(`for (int j = 0; j < ${each}; j++)`, body));
  ofThread(() => writer.line('sums[i][j] = 0.0f;'));

  /** `first` and `extent` are of the axis that the result keeps; `isLast` says that it is the operand's last one. */
  function load(name: string, operand: Value, first: string, extent: number, isLast: boolean): void {
    writer.block(`for (int part = thread; part < ${tile * depth}; part += ${side * side})`, () => {
      // Neighbouring threads read neighbouring elements.
      writer.line(`const int own = ${isLast ? `part % ${tile}` : `part / ${depth}`};`);
      writer.line(`const int inner = ${isLast ? `part / ${tile}` : `part % ${depth}`};`);
      writer.line(`const int kept = ${first} + own, term = firstTerm + inner;`);
      writer.line('float element = 0.0f;');
      writer.block(`if (kept < ${extent} && term < ${terms})`, () => {
        const lead = batch.length - (operand.shape.length - 2);
        const axes = operand.shape.slice(0, -2).map((size, axis) => (size === 1 ? '0' : outer[lead + axis]!));
        const place = expressions.placeOf([...axes, ...(isLast ? ['term', 'kept'] : ['kept', 'term'])], operand);
        writer.line(`element = ${expressions.read(operand, place)};`);
      });
      writer.line(`${name}[inner][own] = element;`);
    });
  }

  writer.block(`for (int firstTerm = 0; firstTerm < ${terms}; firstTerm += ${depth})`, () => {
    load('tileA', a, 'firstRow', rows, transposeA);
    load('tileB', b, 'firstColumn', columns, !transposeB);
    writer.line('BARRIER;');
    writer.block(`for (int inner = 0; inner < ${depth}; inner++)`, () => {
      writer.line(`float left[${each}], right[${each}];`);
      writer.block(`for (int i = 0; i < ${each}; i++)`, () => {
        writer.line(`left[i] = tileA[inner][THREAD(1) * ${each} + i];`);
        writer.line(`right[i] = tileB[inner][THREAD(0) * ${each} + i];`);
      });
      ofThread(() => writer.line('sums[i][j] = FMA(left[i], right[j], sums[i][j]);'));
    });
    writer.line('BARRIER;');
  });
  const scaled = scale === 1 ? 'sums[i][j]' : `sums[i][j] * ${literal(scale, 'float32')}`;
  ofThread(() => {
    writer.line(`const int row = firstRow + THREAD(1) * ${each} + i, column = firstColumn + THREAD(0) * ${each} + j;`);
    writer.line(
      `if (row < ${rows} && column < ${columns}) ` +
        `${writer.parameter(result)}[(GROUP(2) * ${rows} + row) * ${columns} + column] = ${scaled};`,
    );
  });
  return {
    groups: [Math.ceil(columns / tile), Math.ceil(rows / tile), sizeOf(batch)],
    threads: [side, side, 1],
  };
}

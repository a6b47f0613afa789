import type { NodeOf, Value } from '../program/program.js';
import { sizeOf } from '../tensor-spec.js';
import { literal, typeName } from './dialect.js';
import type { Expressions } from './expression.js';
import type { Extents } from './kernel.js';
import type { Place } from './place.js';
import type { KernelWriter } from './writer.js';

/** How many groups, of how many threads, carry out what was written. */
export interface Shape {
  readonly groups: Extents;
  readonly threads: Extents;
}

const threads = 64;
const one = (groups: number): Shape => ({ groups: [groups, 1, 1], threads: [threads, 1, 1] });

export interface Page {
  readonly writer: KernelWriter;
  readonly expressions: Expressions;
}

/** One thread for each element. */
export function writeMap({ writer, expressions }: Page, value: Value, made: (place: Place) => string): Shape {
  const size = sizeOf(value.shape);
  const at = writer.name('int', `GROUP(0) * ${threads} + THREAD(0)`);
  writer.block(`if (${at} < ${size})`, () => {
    const element = made(expressions.placeAt(at, value));
    writer.line(`${writer.parameter(value)}[${at}] = ${element};`);
  });
  return one(Math.ceil(size / threads));
}

interface Fold {
  readonly start: string;
  readonly join: (a: string, b: string) => string;
}

function foldOf(kind: 'sum' | 'mean' | 'max' | 'min', { dtype }: Value): Fold {
  const [lowest, highest] =
    dtype === 'float32' ? [literal(-Infinity, dtype), literal(Infinity, dtype)] : ['INT_MIN', 'INT_MAX'];
  switch (kind) {
    case 'sum':
    case 'mean':
      return { start: literal(0, dtype), join: (a, b) => `${a} + ${b}` };
    case 'max':
      return { start: lowest, join: (a, b) => `${b} > ${a} || ${b} != ${b} ? ${b} : ${a}` };
    case 'min':
      return { start: highest, join: (a, b) => `${b} < ${a} || ${b} != ${b} ? ${b} : ${a}` };
  }
}

/** Joins the values of a group's threads in a fixed tree; all threads then hold the result. */
function foldGroup(writer: KernelWriter, type: string, value: string, { join }: Fold): void {
  writer.line(`scratch[THREAD(0)] = ${value};`);
  writer.block(`for (int width = ${threads / 2}; width > 0; width /= 2)`, () => {
    writer.line('BARRIER;');
    writer.block('if (THREAD(0) < width)', () => {
      writer.line(`const ${type} a = scratch[THREAD(0)], b = scratch[THREAD(0) + width];`);
      writer.line(`scratch[THREAD(0)] = ${join('a', 'b')};`);
    });
  });
  writer.line('BARRIER;');
  writer.line(`${value} = scratch[0];`);
  writer.line('BARRIER;');
}

/** Below this many terms, one thread adds them; from there on, a group does. */
const shortFold = 64;

/** sum, mean, max and min over axes. */
export function writeFold(
  { writer, expressions }: Page,
  node: NodeOf<'sum'> | NodeOf<'mean'> | NodeOf<'max'> | NodeOf<'min'>,
): Shape {
  const [x] = node.inputs as [Value];
  const [result] = node.outputs as [Value];
  const { axes } = node.attributes;
  const folded = x.shape.map((extent, axis) => (axes.includes(axis) ? extent : 1));
  const keptShape = x.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const [terms, size] = [sizeOf(folded), sizeOf(keptShape)];
  const fold = foldOf(node.kind, x);
  const type = typeName(x.dtype);
  const isLong = terms >= shortFold;
  const at = writer.name('int', isLong ? 'GROUP(0)' : `GROUP(0) * ${threads} + THREAD(0)`);
  const add = (from: string, step: number): void => {
    const kept = expressions.placeAt(at, { shape: keptShape }).axes;
    writer.line(`${type} total = ${fold.start};`);
    writer.block(`for (int term = ${from}; term < ${terms}; term += ${step})`, () => {
      const within = expressions.placeAt('term', { shape: folded }).axes;
      const place = expressions.placeOf(
        x.shape.map((_, axis) => (axes.includes(axis) ? within[axis]! : kept[axis]!)),
        x,
      );
      writer.line(`total = ${fold.join('total', expressions.read(x, place))};`);
    });
  };
  const write = (): void => {
    const mean = node.kind === 'mean' ? ` * ${literal(1 / terms, 'float32')}` : '';
    writer.line(`${writer.parameter(result)}[${at}] = total${mean};`);
  };
  if (!isLong) {
    writer.block(`if (${at} < ${size})`, () => {
      add('0', 1);
      write();
    });
    return one(Math.ceil(size / threads));
  }
  writer.line(`LOCAL ${type} scratch[${threads}];`);
  add('THREAD(0)', threads);
  foldGroup(writer, type, 'total', fold);
  writer.block('if (THREAD(0) == 0)', write);
  return one(size);
}

/** One group for each row along the axis. */
export function writeSoftmax({ writer, expressions }: Page, node: NodeOf<'softmax'>): Shape {
  const [x] = node.inputs as [Value];
  const { axis } = node.attributes;
  const rows = { shape: x.shape.map((extent, at) => (at === axis ? 1 : extent)) };
  const extent = x.shape[axis]!;
  const kept = expressions.placeAt('GROUP(0)', rows).axes;
  const each = (body: (element: string, place: Place) => void): void =>
    writer.block(`for (int term = THREAD(0); term < ${extent}; term += ${threads})`, () => {
      const place = expressions.placeOf(
        kept.map((at, which) => (which === axis ? 'term' : at)),
        x,
      );
      body(expressions.read(x, place), place);
    });
  writer.line(`LOCAL float scratch[${threads}];`);
  const [max, sum] = [foldOf('max', x), foldOf('sum', x)];
  writer.line(`float most = ${max.start};`);
  each((element) => writer.line(`most = ${max.join('most', element)};`));
  foldGroup(writer, 'float', 'most', max);
  writer.line('float total = 0.0f;');
  each((element) => writer.line(`total += exp(${element} - most);`));
  foldGroup(writer, 'float', 'total', sum);
  const result = writer.parameter(node.outputs[0]!);
  each((element, { linear }) => writer.line(`${result}[${linear}] = exp(${element} - most) / total;`));
  return one(sizeOf(rows.shape));
}

/** One group for each row. */
export function writeLayerNorm({ writer, expressions }: Page, node: NodeOf<'layerNorm'>): Shape {
  const [x, gain, bias] = node.inputs as [Value, Value, Value];
  const extent = x.shape.at(-1)!;
  const each = (body: (element: string, at: string) => void): void =>
    writer.block(`for (int term = THREAD(0); term < ${extent}; term += ${threads})`, () => {
      const at = writer.name('int', `GROUP(0) * ${extent} + term`);
      body(expressions.read(x, expressions.placeAt(at, x)), at);
    });
  const sum = foldOf('sum', x);
  const inverse = literal(1 / extent, 'float32');
  writer.line(`LOCAL float scratch[${threads}];`);
  writer.line('float mean = 0.0f;');
  each((element) => writer.line(`mean += ${element};`));
  foldGroup(writer, 'float', 'mean', sum);
  writer.line(`mean *= ${inverse};`);
  writer.line('float variance = 0.0f;');
  each((element) => writer.line(`variance += (${element} - mean) * (${element} - mean);`));
  foldGroup(writer, 'float', 'variance', sum);
  writer.line(
    `const float scale = 1.0f / sqrt(variance * ${inverse} + ${literal(node.attributes.epsilon, 'float32')});`,
  );
  const result = writer.parameter(node.outputs[0]!);
  each((element, at) => {
    const [g, b] = [gain, bias].map((row) => expressions.read(row, expressions.placeAt('term', row)));
    writer.line(`${result}[${at}] = (${element} - mean) * scale * ${g} + ${b};`);
  });
  return one(sizeOf(x.shape) / extent);
}

/** The first maximum along an axis; one thread for each result. */
export function writeArgMax({ writer, expressions }: Page, node: NodeOf<'argMax'>): Shape {
  const [x] = node.inputs as [Value];
  const [result] = node.outputs as [Value];
  const { axis } = node.attributes;
  return writeMap({ writer, expressions }, result, ({ axes }) => {
    writer.line('int best = 0;');
    writer.line(`${typeName(x.dtype)} most = 0;`);
    writer.block(`for (int term = 0; term < ${x.shape[axis]}; term++)`, () => {
      const place = expressions.placeOf([...axes.slice(0, axis), 'term', ...axes.slice(axis)], x);
      const element = expressions.read(x, place);
      writer.block(`if (term == 0 || ${element} > most)`, () => {
        writer.line('best = term;');
        writer.line(`most = ${element};`);
      });
    });
    return 'best';
  });
}

/**
 * One group for each segment. It looks for the segment's rows, as many at a time as it has threads, and adds them in
 * their order.
 */
export function writeSegmentSum({ writer, expressions }: Page, node: NodeOf<'segmentSum'>): Shape {
  const [x, ids] = node.inputs as [Value, Value];
  const rows = x.shape[0]!;
  const width = sizeOf(x.shape) / rows;
  const result = writer.parameter(node.outputs[0]!);
  const columns = (body: (at: string) => void): void =>
    writer.block(`for (int column = THREAD(0); column < ${width}; column += ${threads})`, () =>
      body(writer.name('int', `GROUP(0) * ${width} + column`)),
    );
  writer.line(`LOCAL int found[${threads}];`);
  columns((at) => writer.line(`${result}[${at}] = 0;`));
  writer.block(`for (int first = 0; first < ${rows}; first += ${threads})`, () => {
    writer.line('const int row = first + THREAD(0);');
    writer.line('found[THREAD(0)] = 0;');
    writer.block(`if (row < ${rows})`, () => {
      const id = expressions.read(ids, expressions.placeAt('row', ids));
      writer.line(`found[THREAD(0)] = ${id} == GROUP(0);`);
    });
    writer.line('BARRIER;');
    writer.block(`for (int which = 0; which < ${threads}; which++)`, () => {
      writer.line('if (!found[which]) continue;');
      columns((at) => {
        const from = writer.name('int', `(first + which) * ${width} + column`);
        writer.line(`${result}[${at}] += ${expressions.read(x, expressions.placeAt(from, x))};`);
      });
    });
    writer.line('BARRIER;');
  });
  return one(node.attributes.segments);
}

import type { Node, NodeOf, Value } from '../program/program.js';
import { literal, typeName } from './dialect.js';
import { elementwise, isElementwise } from './elementwise.js';
import { placeAt, placeOf, type Place } from './place.js';
import type { KernelWriter } from './writer.js';

/** What values are in memory, and how the others are made. */
export interface Scene {
  readonly inMemory: (value: Value) => boolean;
  readonly producer: (value: Value) => Node;
}

/** Writes expressions of values into one kernel. */
export interface Expressions {
  /** An expression of the element of a value at a place. */
  read(value: Value, place: Place): string;
  placeAt(linear: string, value: Pick<Value, 'shape'>): Place;
  placeOf(axes: readonly string[], value: Pick<Value, 'shape'>): Place;
}

export function openExpressions(writer: KernelWriter, { inMemory, producer }: Scene): Expressions {
  const index = (expression: string): string => writer.name('int', expression);
  const at: Expressions['placeAt'] = (linear, { shape }) => placeAt(linear, shape, index);
  const of: Expressions['placeOf'] = (axes, { shape }) => placeOf(axes, shape, index);

  function read(value: Value, place: Place): string {
    if (inMemory(value)) return named(value, `${writer.parameter(value)}[${place.linear}]`);
    return made(producer(value), value, place);
  }

  const named = ({ dtype }: Value, expression: string): string =>
    writer.name(dtype === 'bool' ? 'int' : typeName(dtype), expression);

  function made(node: Node, value: Value, place: Place): string {
    if (isElementwise(node.kind)) {
      const operands = node.inputs.map((operand) => read(operand, broadcast(place, value, operand)));
      return named(value, elementwise[node.kind](operands, node));
    }
    switch (node.kind) {
      case 'fill':
        return literal(node.attributes.value, value.dtype);
      case 'constant':
        return literal(node.attributes.values[0]!, value.dtype);
      case 'iota':
        return place.linear;
      case 'reshape':
        return read(node.inputs[0]!, at(place.linear, node.inputs[0]!));
      case 'transpose': {
        const axes: string[] = [];
        node.attributes.perm.forEach((from, axis) => (axes[from] = place.axes[axis]!));
        return read(node.inputs[0]!, of(axes, node.inputs[0]!));
      }
      case 'slice':
        return read(node.inputs[0]!, of(shifted(place, node.attributes.begin), node.inputs[0]!));
      case 'split': {
        const { axis, sizes } = node.attributes;
        const begin = sizes.slice(0, node.outputs.indexOf(value)).reduce((sum, size) => sum + size, 0);
        return read(
          node.inputs[0]!,
          of(
            shifted(
              place,
              value.shape.map((_, at) => (at === axis ? begin : 0)),
            ),
            node.inputs[0]!,
          ),
        );
      }
      case 'tile':
        return read(
          node.inputs[0]!,
          of(
            place.axes.map((axis, at) =>
              node.attributes.repeats[at] === 1 ? axis : index(`${axis} % ${node.inputs[0]!.shape[at]}`),
            ),
            node.inputs[0]!,
          ),
        );
      case 'pad':
        return padded(node, value, place);
      case 'concat':
        return joined(node, value, place);
      case 'gather':
        return gathered(node, value, place);
      default:
        throw new Error(`internal: ${node.kind} is no expression`);
    }
  }

  const shifted = (place: Place, by: readonly number[]): string[] =>
    place.axes.map((axis, at) => (by[at] === 0 ? axis : index(`${axis} + ${by[at]}`)));

  /** Reads the nearest element where the place lies outside, and does not use it. */
  function padded(node: NodeOf<'pad'>, value: Value, place: Place): string {
    const { before, after, value: outside } = node.attributes;
    const [operand] = node.inputs as [Value];
    const inside: string[] = [];
    const axes = place.axes.map((axis, at) => {
      const extent = operand.shape[at]!;
      if (before[at] === 0 && after[at] === 0) return axis;
      const moved = index(`${axis} - ${before[at]}`);
      inside.push(`${moved} >= 0 && ${moved} < ${extent}`);
      return index(`clamp(${moved}, 0, ${extent - 1})`);
    });
    const element = read(operand, of(axes, operand));
    if (inside.length === 0) return element;
    return named(value, `${inside.join(' && ')} ? ${element} : ${literal(outside, value.dtype)}`);
  }

  function joined(node: NodeOf<'concat'>, value: Value, place: Place): string {
    const { axis } = node.attributes;
    let begin = 0;
    let chosen = '';
    for (const part of node.inputs) {
      const extent = part.shape[axis]!;
      if (extent === 0) continue;
      const own = begin === 0 ? place.axes[axis]! : index(`${place.axes[axis]} - ${begin}`);
      const axes = place.axes.map((at, which) => (which === axis ? index(`clamp(${own}, 0, ${extent - 1})`) : at));
      const element = read(part, of(axes, part));
      chosen = chosen === '' ? element : named(value, `${place.axes[axis]} < ${begin} ? ${chosen} : ${element}`);
      begin += extent;
    }
    return chosen;
  }

  /** An index beyond the operand reads its nearest row. */
  function gathered(node: NodeOf<'gather'>, value: Value, place: Place): string {
    const [operand, indices] = node.inputs as [Value, Value];
    const { axis } = node.attributes;
    const rank = indices.shape.length;
    const found = read(indices, of(place.axes.slice(axis, axis + rank), indices));
    const row = index(`clamp(${found}, 0, ${operand.shape[axis]! - 1})`);
    const axes = [...place.axes.slice(0, axis), row, ...place.axes.slice(axis + rank)];
    return read(operand, of(axes, operand));
  }

  function broadcast(place: Place, { shape }: Value, operand: Value): Place {
    if (operand.shape.length === shape.length && operand.shape.every((extent, axis) => extent === shape[axis]))
      return place;
    if (operand.shape.every((extent) => extent === 1)) return { linear: '0', axes: operand.shape.map(() => '0') };
    const lead = shape.length - operand.shape.length;
    return of(
      operand.shape.map((extent, axis) => (extent === 1 ? '0' : place.axes[lead + axis]!)),
      operand,
    );
  }

  return { read, placeAt: at, placeOf: of };
}

import { extentOf, type NamedExtents } from '../program/named-extents.js';
import { onnxTypeCode, type GraphBuilder } from './graph-builder.js';

/** Where a graph finds the value of a named extent: the length of this axis of this input. */
export interface ExtentSource {
  readonly input: string;
  readonly axis: number;
}

/**
 * A graph builder whose whole numbers may stand for named extents. The graph computes these from the shapes of its
 * inputs when it runs. A reshape to a shape with a single open extent leaves that extent to ONNX (−1).
 */
export function graphWithExtents(
  graph: GraphBuilder,
  extents: NamedExtents,
  sources: Readonly<Record<string, ExtentSource>>,
): GraphBuilder {
  const made = new Map<string, string>();
  const once = (key: string, make: () => string): string => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const name = make();
    made.set(key, name);
    return name;
  };
  const isOpen = (value: number): boolean => extentOf(value, extents).names.length > 0;

  /** int64 [1] */
  const extent = (value: number): string =>
    once(`${value}`, () => {
      const { factor, names } = extentOf(value, extents);
      const lengths = names.map((name) => once(name, () => lengthOf(graph, sources[name]!)));
      const factors = factor === 1 && lengths.length > 0 ? lengths : [graph.integers([factor]), ...lengths];
      return factors.reduce((product, next) => graph.emit('Mul', [product, next]));
    });

  const integers = (values: readonly number[]): string => {
    if (!values.some(isOpen)) return graph.integers(values);
    if (values.length === 1) return extent(values[0]!);
    return once(values.join(','), () => graph.emit('Concat', values.map(extent), { attributes: { axis: 0 } }));
  };

  return {
    ...graph,
    integers,
    shape: (values) =>
      values.filter(isOpen).length === 1
        ? graph.integers(values.map((value) => (isOpen(value) ? -1 : value)))
        : integers(values),
    literal(values, spec) {
      if (spec.dtype !== 'int32' || !values.some(isOpen)) return graph.literal(values, spec);
      const shaped = graph.emit('Reshape', [integers(values), graph.integers(spec.shape)]);
      return graph.emit('Cast', [shaped], { attributes: { to: onnxTypeCode.int32 } });
    },
  };
}

function lengthOf(graph: GraphBuilder, { input, axis }: ExtentSource): string {
  return graph.emit('Shape', [input], { attributes: { start: axis, end: axis + 1 } });
}

import { createHash } from 'node:crypto';
import { producers, type Node, type Program, type Value } from '../program/program.js';
import { allocate, type TypedArray } from '../tensor-spec.js';
import { planArena, type Lifetime } from './arena.js';
import { writeConv, writeConvFilterGradient, writeConvInputGradient } from './convolution.js';
import { typeName } from './dialect.js';
import { openExpressions, type Scene } from './expression.js';
import { groupNodes, isLiteral } from './grouping.js';
import type { BufferPlace, KernelProgram, Launch } from './kernel.js';
import { writeMatMul } from './matmul.js';
import {
  writeArgMax,
  writeFold,
  writeLayerNorm,
  writeMap,
  writeSegmentSum,
  writeSoftmax,
  type Page,
  type Shape,
} from './roots.js';
import { openWriter } from './writer.js';

interface WrittenLaunch extends Omit<Launch, 'buffers'> {
  readonly parameters: readonly Value[];
  readonly results: readonly Value[];
}

/** Writes the kernels of a program, plans their launches, and gives each tensor its place in memory. */
export function writeKernels(program: Program): KernelProgram {
  const { kept } = groupNodes(program);
  const given = new Set(Object.values(program.inputs));
  const makers = producers(program);
  const scene: Scene = {
    inMemory: (value) => given.has(value) || kept.has(value),
    producer: (value) => makers.get(value)!,
  };
  const kernels = new Map<string, string>();
  const constants = new Map<Value, TypedArray>();
  const launches: WrittenLaunch[] = [];
  for (const node of program.nodes) {
    for (const value of node.outputs) {
      if (!kept.has(value)) continue;
      if (node.kind === 'constant' && !isLiteral(node)) {
        constants.set(value, constantData(node.attributes.values, value));
        continue;
      }
      const { body, parameters, shape } = writeKernel(scene, node, value);
      // Layers of a model have the same kernels: each is compiled once.
      const name = `k${createHash('sha256').update(body).digest('hex').slice(0, 16)}`;
      kernels.set(name, `KERNEL void ${name}${body}`);
      launches.push({ kernel: name, parameters, results: [value], ...shape });
    }
  }
  return placed(program, launches, constants, [...kernels.values()].join('\n'));
}

function writeKernel(
  scene: Scene,
  node: Node,
  value: Value,
): { readonly body: string; readonly parameters: readonly Value[]; readonly shape: Shape } {
  const writer = openWriter();
  // The result comes first, so that equal kernels have equal texts.
  writer.parameter(value);
  const expressions = openExpressions(writer, {
    ...scene,
    inMemory: (other) => other !== value && scene.inMemory(other),
  });
  const shape = writeRoot({ writer, expressions }, node, value);
  const parameters = writer.parameters.map(
    (tensor, at) => `GLOBAL ${at === 0 ? '' : 'const '}${typeName(tensor.dtype)} *restrict p${at}`,
  );
  return { body: `(${parameters.join(', ')}) {\n${writer.text}\n}\n`, parameters: writer.parameters, shape };
}

function writeRoot(page: Page, node: Node, value: Value): Shape {
  switch (node.kind) {
    case 'sum':
    case 'mean':
    case 'max':
    case 'min':
      return writeFold(page, node);
    case 'softmax':
      return writeSoftmax(page, node);
    case 'layerNorm':
      return writeLayerNorm(page, node);
    case 'argMax':
      return writeArgMax(page, node);
    case 'segmentSum':
      return writeSegmentSum(page, node);
    case 'matMul':
      return writeMatMul(page, node);
    case 'conv':
      return writeConv(page, node);
    case 'convInputGradient':
      return writeConvInputGradient(page, node);
    case 'convFilterGradient':
      return writeConvFilterGradient(page, node);
    default:
      return writeMap(page, value, (place) => page.expressions.read(value, place));
  }
}

function constantData(values: readonly number[], value: Value): TypedArray {
  const data = allocate(value);
  data.set(values);
  return data;
}

function placed(
  program: Program,
  written: readonly WrittenLaunch[],
  constants: ReadonlyMap<Value, TypedArray>,
  source: string,
): KernelProgram {
  const outputs = new Set(Object.values(program.outputs));
  const lifetimes = written.flatMap(({ results }, from): Lifetime[] =>
    results.map((value) => {
      const last = written.findLastIndex(({ parameters }) => parameters.includes(value));
      return { value, from, to: outputs.has(value) ? written.length : Math.max(from, last) };
    }),
  );
  const { parts, bytes } = planArena(lifetimes);
  const buffers: BufferPlace[] = [];
  const numbers = new Map<Value, number>();
  const add = (value: Value, place: BufferPlace): void => void numbers.set(value, buffers.push(place) - 1);
  for (const [name, value] of Object.entries(program.inputs)) add(value, { kind: 'input', name });
  for (const [value, data] of constants) add(value, { kind: 'constant', data });
  for (const [value, part] of parts) add(value, { kind: 'arena', ...part });
  return {
    source,
    launches: written.map(({ kernel, parameters, groups, threads }) => ({
      kernel,
      buffers: parameters.map((value) => numbers.get(value)!),
      groups,
      threads,
    })),
    buffers,
    arenaBytes: bytes,
    outputs: Object.fromEntries(Object.entries(program.outputs).map(([name, value]) => [name, numbers.get(value)!])),
  };
}

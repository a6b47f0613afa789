import { sizeOf } from '#engine/tensor-spec.js';
import type { ParameterSpec } from '#model/parameters/parameter-spec.js';

/** A parameter of the model. */
export interface Layer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly size: number;
}

/**
 * A single parameter, or a row of numbered blocks that all have the same parameters. The full name of a parameter in a
 * block is `prefix.number.name`.
 */
export type FoldedLayer =
  | { readonly kind: 'layer'; readonly layer: Layer }
  | {
      readonly kind: 'blocks';
      readonly prefix: string;
      readonly first: number;
      readonly count: number;
      readonly layers: readonly Layer[];
    };

type Blocks = FoldedLayer & { readonly kind: 'blocks' };

/** A model's parameters in their order, with repeated blocks listed once. */
export function foldedLayers(specs: readonly ParameterSpec[]): FoldedLayer[] {
  return specs
    .reduce<FoldedLayer[]>((before, spec) => addParameter(before, spec), [])
    .reduce<FoldedLayer[]>((before, next) => merge(before, next), []);
}

function addParameter(before: readonly FoldedLayer[], { name, shape }: ParameterSpec): FoldedLayer[] {
  const [, prefix, number, rest] = /^(.*?)\.(\d+)\.(.*)$/.exec(name) ?? [];
  if (prefix === undefined || rest === undefined)
    return [...before, { kind: 'layer', layer: { name, shape, size: sizeOf(shape) } }];
  const layer: Layer = { name: rest, shape, size: sizeOf(shape) };
  const last = before.at(-1);
  if (last?.kind === 'blocks' && last.prefix === prefix && last.first === Number(number)) {
    return [...before.slice(0, -1), { ...last, layers: [...last.layers, layer] }];
  }
  return [...before, { kind: 'blocks', prefix, first: Number(number), count: 1, layers: [layer] }];
}

function merge(before: readonly FoldedLayer[], next: FoldedLayer): FoldedLayer[] {
  const last = before.at(-1);
  if (last?.kind !== 'blocks' || next.kind !== 'blocks' || !isContinued(last, next)) return [...before, next];
  return [...before.slice(0, -1), { ...last, count: last.count + 1 }];
}

function isContinued(block: Blocks, next: Blocks): boolean {
  return (
    block.prefix === next.prefix &&
    block.first + block.count === next.first &&
    JSON.stringify(block.layers) === JSON.stringify(next.layers)
  );
}

import type { KernelTime } from './program-profile.js';

/**
 * The layer that a kernel belongs to, the same in the forward and backward part. It is the innermost dotted name of its
 * scope, since models give their layers such names (`visual.transformer.resblocks.3.mlp.c_fc`), or else the outermost
 * name that is not an operation's. Empty if there is no such name.
 */
export function layerOf({ scope }: KernelTime): string {
  const names = scope.split('/').filter((name) => name !== 'forward' && name !== 'backward');
  return names.findLast((name) => name.includes('.')) ?? (names.length > 1 ? names[0]! : '');
}

/**
 * The block of a layer, which is its name up to the number, and the place within: `resblocks.3.mlp` → `resblocks.3`,
 * `mlp`. A layer without a number is its own block and has no places.
 */
export function blockOf(layer: string): { readonly block: string; readonly place: string | undefined } {
  const [, block, place = ''] = /^(.*?\.\d+)(?:\.(.+))?$/.exec(layer) ?? [];
  return block === undefined ? { block: layer, place: undefined } : { block, place };
}

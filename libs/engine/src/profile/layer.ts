import type { KernelTime } from './program-profile.js';

/**
 * The layer a kernel works for, the same in both directions: the innermost dotted name of its scope, which is what
 * models name their layers by (`visual.transformer.resblocks.3.mlp.c_fc`), else the outermost name that is no
 * operation's. Empty for what has no name.
 */
export function layerOf({ scope }: KernelTime): string {
  const names = scope.split('/').filter((name) => name !== 'forward' && name !== 'backward');
  return names.findLast((name) => name.includes('.')) ?? (names.length > 1 ? names[0]! : '');
}

/**
 * The block of a layer, its name up to its number, and the place within: `resblocks.3.mlp` → `resblocks.3`, `mlp`. A
 * layer without number is its own block, and has no places.
 */
export function blockOf(layer: string): { readonly block: string; readonly place: string | undefined } {
  const [, block, place = ''] = /^(.*?\.\d+)(?:\.(.+))?$/.exec(layer) ?? [];
  return block === undefined ? { block: layer, place: undefined } : { block, place };
}

import { sizeOf } from '#engine/tensor-spec.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { forwardFlops, publishedFlops } from './flops.js';
import { parameterSpecs } from '../parameters/parameters.js';

/** The size of a model and the work of running it. */
export interface ModelSize {
  /** The total includes the loss's parameters beside the towers'. */
  readonly parameters: { readonly total: number; readonly image: number; readonly text: number };
  /** GFLOPs of one sample in the forward pass, to two decimals, counted as open_clip counts. */
  readonly gigaflops: {
    readonly image: number;
    readonly text: number;
    /**
     * `image` if a ResNet's attention pool computes only the row that is read; the same as `image` for other towers.
     */
    readonly imageOnePoolQuery: number;
  };
}

/** Parameters and floating-point operations of a model. */
export function modelSize(config: ClipConfig): ModelSize {
  const specs = parameterSpecs(config);
  const count = (tower?: string): number =>
    specs
      .filter((spec) => tower === undefined || spec.tower === tower)
      .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    parameters: { total: count(), image: count('image'), text: count('text') },
    gigaflops: {
      image: giga(publishedFlops(config, 'image')),
      text: giga(publishedFlops(config, 'text')),
      imageOnePoolQuery: giga(forwardFlops(config, 'image')),
    },
  };
}

function giga(flops: number): number {
  return Math.round(flops / 1e7) / 100;
}

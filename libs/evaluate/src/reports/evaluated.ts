import type { SkippedImage } from '#inference/dataset-images.js';
import { percent, whole } from '#report/figures.js';
import type { Fact } from '#report/report.js';
import type { Frame } from '#report/chart/plot.js';

/** What was evaluated, as it stands in every result. */
export interface EvaluatedModel {
  readonly name: string;
  readonly url: string;
  /** sha256 of weights and image preparation. */
  readonly hash: string;
  /** GFLOP of an image; null where nothing tells. */
  readonly gigaflops: number | null;
}

export interface EvaluatedData {
  readonly name: string;
  readonly url: string;
  /** sha256 of its shards. */
  readonly hash: string;
  /** Images that could be read. */
  readonly images: number;
  /** Images that could not, with the reason. */
  readonly skipped: readonly SkippedImage[];
}

export const chartFrame: Frame = { width: 760, height: 460, fontSize: 14 };

export function modelFacts({ name, url, hash, gigaflops }: EvaluatedModel): Fact[] {
  return [
    { name: 'model', value: name },
    { name: 'weights', value: url },
    { name: 'sha256 of weights and preparation', value: hash },
    ...(gigaflops === null ? [] : [{ name: 'an image costs', value: `${gigaflops} GFLOP` }]),
  ];
}

export function dataFact(what: string, { name, url, images, skipped }: EvaluatedData): Fact {
  const left = skipped.length === 0 ? '' : `; ${skippedText(skipped)}`;
  return { name: what, value: `${name}, ${whole(images)} images (${url})${left}` };
}

/** How many images cannot be read, and the first of them with its reason. */
export function skippedText(skipped: readonly SkippedImage[]): string {
  const [first] = skipped;
  return first ? `${whole(skipped.length)} cannot be read; the first, ${first.key}: ${first.reason}` : '';
}

/** `12.3 % ± 0.4`. */
export function withDeviation(share: number, deviation: number): string {
  return `${percent(share)} ± ${(100 * deviation).toFixed(1)}`;
}

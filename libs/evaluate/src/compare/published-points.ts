import { modelSize } from '#model/flops/model-size.js';
import { modelZoo } from '#model/zoo/presets.js';

/** A model's accuracy and what an image costs. */
export interface ComparedPoint {
  readonly name: string;
  /** GFLOP of an image's forward pass, a multiply-add counted as two. */
  readonly gigaflops: number;
  readonly score: number;
}

/** What published accuracies are of. */
export const publishedKinds = ['imagenet-zero-shot', 'mean-of-38-zero-shot', 'imagenet-linear-probe'] as const;
export type PublishedKind = (typeof publishedKinds)[number];

/**
 * Accuracies of OpenAI's CLIPs in per cent: ImageNet and the mean of 38 data sets zero-shot (open_clip,
 * docs/openclip_results.csv), and ImageNet by linear probe (CLIP, Table 10).
 */
const published: readonly (readonly [name: string, imageNet: number, mean: number, probe: number])[] = [
  ['RN50', 59.82, 48.1, 73.3],
  ['RN101', 62.28, 50.33, 75.7],
  ['RN50x4', 66.27, 51.88, 78.2],
  ['RN50x16', 70.72, 56.7, 81.5],
  ['RN50x64', 73.91, 60.61, 83.6],
  ['ViT-B-32', 63.32, 52.45, 76.1],
  ['ViT-B-16', 68.34, 56.26, 80.2],
  ['ViT-L-14', 75.54, 61.73, 83.9],
  ['ViT-L-14-336', 76.56, 62.84, 85.4],
];

export interface PublishedSeries {
  readonly label: string;
  readonly points: readonly ComparedPoint[];
}

/**
 * The published points of OpenAI's CLIPs, ResNets and Vision Transformers apart, with GFLOP as open_clip counts them.
 */
export function publishedSeries(kind: PublishedKind): PublishedSeries[] {
  const column = publishedKinds.indexOf(kind) + 1;
  const points = published.map((row) => {
    const model = modelZoo.find(row[0]);
    if (!model) throw new RangeError(`published points: expected a model named ${row[0]}`);
    return {
      name: row[0],
      gigaflops: modelSize(model.config).gigaflops.image,
      score: Math.round(Number(row[column]) * 100) / 10_000,
    };
  });
  const isResNet = ({ name }: ComparedPoint): boolean => name.startsWith('RN');
  return [
    { label: 'CLIP ResNet, published', points: points.filter(isResNet) },
    { label: 'CLIP ViT, published', points: points.filter((point) => !isResNet(point)) },
  ];
}

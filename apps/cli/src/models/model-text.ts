import { modelSize } from '#model/flops/model-size.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import type { NamedModel } from '#protocol/run/run-config.js';
import { isResNet } from '#protocol/run/vision-config.js';
import { whole } from '#report/figures.js';
import { table } from '../terminal/table.js';
import { foldedLayers, type FoldedLayer } from './folded-layers.js';

/** A table of models with their sizes and costs, one line each. */
export function modelsText(models: readonly NamedModel[]): string {
  const rows = models.map(({ name, config }) => {
    const { parameters, gigaflops } = modelSize(config);
    const oneQuery = isResNet(config.vision_cfg) ? gigaflops.imageOnePoolQuery.toFixed(2) : '';
    const counts = [parameters.total, parameters.image, parameters.text].map(whole);
    const costs = [gigaflops.image.toFixed(2), oneQuery, gigaflops.text.toFixed(2)];
    return [name, ...counts, ...costs, `${config.vision_cfg.image_size}`, `${config.text_cfg.context_length}`];
  });
  const head = ['MODEL', 'PARAMETERS', 'IMAGE', 'TEXT', 'IMAGE GFLOP', 'ONE QUERY', 'TEXT GFLOP', 'PIXELS', 'TOKENS'];
  return [table([head, ...rows], [1, 2, 3, 4, 5, 6, 7, 8]), '', note].join('\n');
}

const note = `\
GFLOP: forward pass of one image or one caption, a multiply-add counted as two, as open_clip counts.
ONE QUERY: the same for a ResNet in Tandem, whose attention pool computes only the one row that is used.
Names in any case; OpenAI's spellings work too, such as ViT-B/32. \`tandem models show NAME\` prints the layers.`;

/** The layers of a model with shapes and parameter counts. Repeated blocks are listed once. */
export function modelText({ name, config }: NamedModel): string {
  const { parameters, gigaflops } = modelSize(config);
  const { vision_cfg: vision, text_cfg: text } = config;
  const loss = parameters.total - parameters.image - parameters.text;
  const pool = isResNet(vision)
    ? ` (${gigaflops.imageOnePoolQuery.toFixed(2)} in Tandem, whose attention pool computes one query)`
    : '';
  return [
    name,
    `  ${whole(parameters.total)} parameters: image tower ${whole(parameters.image)}, text ` +
      `tower ${whole(parameters.text)}, loss ${loss}`,
    `  an image of ${vision.image_size} × ${vision.image_size} pixels: ${gigaflops.image.toFixed(2)} GFLOP${pool}`,
    `  a caption of ${text.context_length} tokens out of ${whole(text.vocab_size)}: ` +
      `${gigaflops.text.toFixed(2)} GFLOP`,
    `  embeddings of ${config.embed_dim}${config.quick_gelu ? '; QuickGELU' : ''}`,
    '',
    table([['LAYER', 'SHAPE', 'PARAMETERS'], ...foldedLayers(parameterSpecs(config)).flatMap(layerRows)], [2]),
  ].join('\n');
}

function layerRows(folded: FoldedLayer): string[][] {
  switch (folded.kind) {
    case 'layer':
      return [[folded.layer.name, shapeText(folded.layer.shape), whole(folded.layer.size)]];
    case 'blocks': {
      const { prefix, first, count, layers } = folded;
      const size = layers.reduce((sum, layer) => sum + layer.size, 0);
      const head =
        count === 1 ? [`${prefix}.${first}`, ''] : [`${prefix}.${first} … ${first + count - 1}`, `${count} times`];
      return [
        [...head, whole(count * size)],
        ...layers.map((layer) => [`  ${layer.name}`, shapeText(layer.shape), whole(layer.size)]),
      ];
    }
  }
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

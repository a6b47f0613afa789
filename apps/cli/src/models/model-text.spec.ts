import { describe, expect, it } from 'vitest';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { modelZoo, preset } from '#model/zoo/presets.js';
import { foldedLayers } from './folded-layers.js';
import { modelsText, modelText } from './model-text.js';

const named = (name: string) => modelZoo.find(name)!;

describe('foldedLayers', () => {
  it.each(['ViT-B-32', 'RN101'])("%s: nothing is lost or added, and the order is the model's", (name) => {
    const specs = parameterSpecs(preset(name)!);
    const unfolded = foldedLayers(specs).flatMap((folded) => {
      if (folded.kind === 'layer') return [folded.layer];
      const numbers = Array.from({ length: folded.count }, (_, i) => folded.first + i);
      return numbers.flatMap((number) =>
        folded.layers.map((layer) => ({ ...layer, name: `${folded.prefix}.${number}.${layer.name}` })),
      );
    });
    expect(unfolded.map((layer) => [layer.name, layer.shape])).toEqual(specs.map((spec) => [spec.name, spec.shape]));
  });

  it("only blocks with the same parameters are one: the first of a ResNet's stages has a shortcut of its own", () => {
    const blocks = foldedLayers(parameterSpecs(preset('RN50')!)).flatMap((folded) =>
      folded.kind === 'blocks' ? [[folded.prefix, folded.first, folded.count]] : [],
    );
    expect(blocks.slice(0, 4)).toEqual([
      ['visual.layer1', 0, 1],
      ['visual.layer1', 1, 2],
      ['visual.layer2', 0, 1],
      ['visual.layer2', 1, 3],
    ]);
    expect(blocks.at(-1)).toEqual(['transformer.resblocks', 0, 12]);
  });
});

describe('modelText', () => {
  it('lists sizes, costs and layers', () => {
    expect(modelText(named('RN50')).split('\n').slice(0, 9)).toEqual([
      'RN50',
      '  102,007,137 parameters: image tower 38,316,896, text tower 63,690,240, loss 1',
      '  an image of 224 × 224 pixels: 12.22 GFLOP (11.59 in Tandem, whose attention pool computes one query)',
      '  a caption of 77 tokens out of 49,408: 5.96 GFLOP',
      '  embeddings of 1024',
      '',
      'LAYER                                 SHAPE               PARAMETERS',
      'visual.conv1.weight                   [32, 3, 3, 3]              864',
      'visual.bn1.weight                     [32]                        32',
    ]);
    const quick = modelText(named('ViT-B-32-quickgelu'));
    expect(quick).toContain('; QuickGELU\n');
    expect(quick).toMatch(
      /\nvisual\.transformer\.resblocks\.0 … 11 +12 times +85,054,464\n {2}ln_1\.weight +\[768\] +768\n/,
    );
  });
});

it('modelsText: one line per model; the cost with one query stands for ResNets only', () => {
  const lines = modelsText([named('RN50'), named('ViT-B-32')]).split('\n');
  expect(lines[1]).toMatch(/^RN50 +102,007,137 +38,316,896 +63,690,240 +12\.22 +11\.59 +5\.96 +224 +77$/);
  expect(lines[2]).toMatch(/^ViT-B-32 +151,277,313 +87,849,216 +63,428,096 +8\.82 +5\.96 +224 +77$/);
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig } from '#protocol/run/run-config.js';
import { readRunDocument } from '../../../apps/cli/src/run/run-document.js';
import { runDocument } from '../../support/coordinator.js';
import { tinyResNet, tinySigLip } from '../../support/models/tiny-run.js';
import type { Chance } from '../chance.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson, mutateText, mutateValue } from '../mutate-document.js';
import type { Target } from '../target.js';

/** Run documents that together use every kind of setting. */
export const runDocuments: readonly unknown[] = [
  runDocument(),
  runDocument({
    model: tinySigLip,
    loss: { kind: 'sigmoid', maskSameImage: true },
    init: { weights: 'weights.safetensors', only: ['visual.*', 'text'], sha256: 'a'.repeat(64) },
    train: { only: ['image', 'text_projection'] },
    schedule: { kind: 'cosine', warmupSteps: 2 },
    optimizer: { learningRate: 0.001, clipNorm: 1 },
    evaluation: { everySteps: 2, zeroShot: [{ name: 'seen', data: 'pairs', templates: ['a {}', '{}'] }] },
    data: {
      train: 'pairs',
      sampling: 'groups',
      augmentation: { scale: [0.5, 1], ratio: [0.9, 1.1], rotateDegrees: 10 },
    },
  }),
  runDocument({ model: tinyResNet, precision: 'float16', tokenizer: { kind: 'bpe', vocabulary: 540 } }),
  runDocument({ model: 'ViT-B-32', tokenizer: { kind: 'clip' } }),
];

const yamls = [
  'a: &a {x: 1}\nmodel: *a\ndata: {<<: *a, train: !!str x}\nsteps: !!float 3\nbatch: 0x10\nname: ' +
    '!!js/function "() => 1"\nseed: 1_000\n',
  'a: &a [x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, ' +
    '*b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c]\n',
  'name: |\n  text\n   more\nmodel: >-\n  folded\n? [complex, key]\n: value\nset: !!set {a, ' +
    'b}\nbinary: !!binary aGVsbG8=\nwhen: 2001-12-14t21:59:43.10-05:00\n---\nsecond: document\n',
  '%YAML 1.1\n---\nyes: no\noctal: 017\nmodel: model.yaml\n',
];

/**
 * Run documents in YAML and JSON, read as the command reads them and validated as the coordinator validates them.
 */
export const document: Target = {
  cases: 250,
  async open(folder) {
    await writeFile(join(folder, 'model.yaml'), 'embed_dim: 8\n');
    const path = join(folder, 'run.yaml');
    const read = (text: string | Buffer): Promise<void> =>
      writeFile(path, text).then(() => void parseRunConfig(readRunDocument(path), modelZoo));
    return { run: (chance) => read(written(chance)) };
  },
};

function written(chance: Chance): string | Buffer {
  const seed = chance.pick(runDocuments);
  const kind = chance.below(6);
  if (kind === 0) return mutateJson(seed, chance);
  if (kind === 1)
    return mutateBytes(
      Buffer.from(stringify(seed)),
      chance,
      yamls.map((text) => Buffer.from(text)),
    );
  if (kind === 2) return mutateText(chance.pick(yamls), chance);
  if (kind === 3) return mutateText(stringify(seed), chance);
  return stringify(mutateValue(seed, chance));
}

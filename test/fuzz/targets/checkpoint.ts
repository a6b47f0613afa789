import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '#data/dataset/canonical-json.js';
import { readCheckpointModel } from '#inference/checkpoint-model.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { checkBlob, latestCheckpoint, readCheckpoint, writeCheckpoint } from '#store/run/checkpoint.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { encodeFloat32 } from '#store/safetensors/safetensors.js';
import { openModelWeights } from '#weights/model-weights.js';
import { checkpointSteps } from '../../../apps/coordinator/src/runs/history/metrics-history.js';
import { tinyClipConfig, tinyTokenizer } from '../../support/models/tiny-clip.js';
import type { Chance } from '../chance.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateJson, mutateText } from '../mutate-document.js';
import { readByEach, type Target } from '../target.js';
import { damaged } from './safetensors.js';
import { readAll } from './torch.js';

type Manifest = Readonly<Record<string, unknown>> & { readonly blobs: Readonly<Record<string, unknown>> };

/** Checkpoints with a changed manifest, or with a changed blob and the manifest that fits it. */
export const checkpoint: Target = {
  cases: 150,
  async open(root) {
    const store = openStore(root);
    const folder = await writeCheckpoint(store, runKeys('run').checkpoints, { step: 3, epoch: 1 }, blobs());
    const names = ['manifest.json', ...Object.values(checkpointBlobs)];
    const files = new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(join(root, folder, name))] as const)),
    );
    return {
      async run(chance) {
        const changed = await change(join(root, folder), files, chance);
        try {
          await readByEach([
            () => latestCheckpoint(store, runKeys('run').checkpoints),
            () => readCheckpoint(store, folder),
            () => checkBlob(store, folder, chance.pick(names)),
            async () => {
              const listed = await checkpointSteps(store, 'run');
              for (let place = 0; place < listed.length; place += 1) listed.at(place);
            },
            async () => readAll(await openModelWeights(join(root, folder))),
          ]);
          await readCheckpointModel(store, folder);
        } finally {
          for (const name of changed) await writeFile(join(root, folder, name), files.get(name)!);
        }
      },
      close: () => store.close(),
    };
  },
};

function blobs(): Record<string, Uint8Array> {
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
  const values = initialParameters(tinyClipConfig, 3);
  const parameters = encodeFloat32(
    Object.fromEntries(parameterSpecs(tinyClipConfig).map(({ name, shape }) => [name, { shape, data: values[name]! }])),
  );
  return {
    [checkpointBlobs.parameters]: parameters,
    [checkpointBlobs.optimizer]: parameters,
    [checkpointBlobs.tokenizer]: json(tinyTokenizer().document),
    [checkpointBlobs.config]: json({ model: tinyClipConfig, evaluation: { zeroShot: [{ templates: ['a {}'] }] } }),
    [checkpointBlobs.metrics]: Buffer.from(`${JSON.stringify(metrics)}\n${JSON.stringify({ ...metrics, step: 2 })}\n`),
  };
}

const metrics = {
  step: 1,
  loss: 2,
  accuracy: 0.5,
  logitScale: 14,
  learningRate: 0.1,
  gradientNorm: 1,
  pairsPerSecond: 2,
  encodeMs: 1,
  lossMs: 1,
  backpropMs: 1,
  updateMs: 1,
  stepMs: 4,
  loadMs: 0,
  bytesIn: 1,
  bytesOut: 1,
  workers: 1,
  retries: 0,
  skipped: 0,
};

async function change(folder: string, files: ReadonlyMap<string, Buffer>, chance: Chance): Promise<readonly string[]> {
  const name = chance.pick([...files.keys()]);
  const old = files.get(name)!;
  const bytes = changed(name, old, chance);
  await writeFile(join(folder, name), bytes);
  if (name === 'manifest.json' || chance.oneIn(6)) return [name];
  const manifest = JSON.parse(files.get('manifest.json')!.toString('utf8')) as Manifest;
  const resealed = {
    ...manifest,
    blobs: { ...manifest.blobs, [name]: { bytes: bytes.length, sha256: sha256(bytes) } },
  };
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(resealed));
  return [name, 'manifest.json'];
}

function changed(name: string, old: Buffer, chance: Chance): Buffer {
  if (chance.oneIn(6)) return mutateBytes(old, chance);
  if (name.endsWith('.safetensors')) return damaged(old, chance, []);
  return Buffer.from(
    name.endsWith('.jsonl')
      ? mutateText(old.toString('utf8'), chance)
      : mutateJson(JSON.parse(old.toString('utf8')), chance),
  );
}

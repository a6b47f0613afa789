import { join } from 'node:path';
import { openDevice } from '#engine/run/open-device.js';
import { openClipModel } from '#inference/clip-model.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { seededRandom } from '#model/parameters/seeded-random.js';
import { encodeFloat32 } from '#store/safetensors/safetensors.js';
import { openStore } from '#store/open-store.js';
import { writeCheckpoint } from '#store/run/checkpoint.js';
import { channelsLast } from '../support/models/channels-last.js';
import { tinyClipConfig, tinyTokenizer } from '../support/models/tiny-clip.js';
import type { ExpectedFile, Images } from './embeddings.js';
import { tandem } from './tandem-command.js';

/** What read_back.py has a tool read and compare. */
export interface Job {
  readonly name: string;
  readonly tool: string;
  readonly path: string;
  readonly d: number;
  readonly images: Images;
  readonly tokens?: readonly (readonly number[])[];
  readonly captions?: readonly string[];
  /** Of each caption, start and end included. */
  readonly tokenIds?: readonly (readonly number[])[];
  readonly image: readonly number[];
  readonly text: readonly number[];
}

/** CLIPModel has no place for the biases of oc-reads-last; each other model goes to both tools. */
const targets = [
  { format: 'open_clip', tool: 'open_clip', isPossible: () => true },
  { format: 'huggingface', tool: 'transformers', isPossible: (name: string) => name !== 'oc-reads-last' },
] as const;

/** Writes the tools' own models and a run's checkpoint in all formats, into `folder`, and lists what to read back. */
export async function exportJobs(folder: string, fixtures: string, expected: ExpectedFile): Promise<Job[]> {
  const jobs: Job[] = [];
  for (const { name, path } of expected.files) {
    for (const { format, tool, isPossible } of targets) {
      if (!isPossible(name)) continue;
      const out = join(folder, 'converted', `${name}-${format}`);
      await tandem('convert', join(fixtures, path), out, '--format', format, '--force');
      const { tokens, image, text } = expected.models[name]!;
      jobs.push({ name: `${path} as ${format}`, tool, path: out, d: 8, images: expected.images, tokens, image, text });
    }
  }
  return [...jobs, ...(await checkpointJobs(folder))];
}

const captions = ['a red square', 'blue', 'A photo of a green square.', '7 red squares & a blue one', ''];

/** A checkpoint with a tokenizer of its own, exported and converted. */
async function checkpointJobs(folder: string): Promise<Job[]> {
  const { images, image, text, tokenIds, checkpoint } = await writeTiny(folder);
  const placeOf = (format: string): string => join(folder, `own-bpe-${format}`);
  for (const format of ['open_clip', 'huggingface'])
    await tandem('convert', checkpoint, placeOf(format), '--format', format);
  await tandem('export', checkpoint, '--onnx', placeOf('onnx'));
  const job = { d: tinyClipConfig.embed_dim, images, captions, tokenIds, image, text };
  return [
    { ...job, name: 'own BPE as open_clip', tool: 'open_clip', path: placeOf('open_clip') },
    { ...job, name: 'own BPE as huggingface', tool: 'transformers', path: placeOf('huggingface') },
    { ...job, name: 'own BPE as huggingface', tool: 'transformers, slow tokenizer', path: placeOf('huggingface') },
    { ...job, name: 'own BPE as ONNX', tool: 'onnxruntime', path: placeOf('onnx') },
  ];
}

interface WrittenRun extends Required<Pick<Job, 'images' | 'image' | 'text' | 'tokenIds'>> {
  readonly checkpoint: string;
}

async function writeTiny(folder: string): Promise<WrittenRun> {
  const [tokenizer, parameters] = [tinyTokenizer(), initialParameters(tinyClipConfig, 1)];
  const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
  const tensors = parameterSpecs(tinyClipConfig).map(
    ({ name, shape }) => [name, { shape, data: parameters[name]! }] as const,
  );
  const key = await writeCheckpoint(
    openStore(folder),
    'checkpoints',
    { step: 5, epoch: 1 },
    {
      'parameters.safetensors': encodeFloat32(Object.fromEntries(tensors)),
      'config.json': json({ name: 'tiny', model: tinyClipConfig, modelName: 'custom' }),
      'tokenizer.json': json(tokenizer.document),
    },
  );
  const side = tinyClipConfig.vision_cfg.image_size;
  const random = seededRandom(19, 'images');
  const shape = [2, 3, side, side];
  const values = Float32Array.from({ length: 2 * 3 * side * side }, () => random.normal());
  const device = await openDevice({ kind: 'cpu', threads: 1 });
  const model = await openClipModel({ config: tinyClipConfig, parameters, tokenizer, device, batch: 2 });
  const image = [...(await model.embedImages(channelsLast({ dtype: 'F32', shape, data: values })))];
  const text = [...(await model.embedTexts(captions))];
  await model.close();
  await device.close();
  const length = tinyClipConfig.text_cfg.context_length;
  const tokenIds = captions.map((caption) => {
    const ids = [...tokenizer.tokens(caption, length, 'truncate')];
    return ids.slice(0, ids.indexOf(tokenizer.end) + 1);
  });
  return { images: { shape, values: [...values] }, image, text, tokenIds, checkpoint: join(folder, key) };
}

// Goal: `tandem convert` turns a checkpoint into what other tools read, and back, and says what does not fit.
// Method: the real command on a checkpoint made here.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenizerFromHuggingFace } from '#data/text/hugging-face-tokenizer.js';
import { writeCheckpoint } from '#store/run/checkpoint.js';
import { openStore } from '#store/open-store.js';
import { decodeSafetensors, encodeFloat32, type Float32Tensor } from '#store/safetensors/safetensors.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { startCommand } from '../support/command.js';
import { randomWeights } from '../support/models/random-weights.js';
import { tinyClipConfig, tinyTokenizer } from '../support/models/tiny-clip.js';

let folder: string;
let checkpoint: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-convert-'));
  const values = randomWeights(tinyClipConfig, 1);
  const parameters = encodeFloat32(
    Object.fromEntries(parameterSpecs(tinyClipConfig).map(({ name, shape }) => [name, { shape, data: values[name]! }])),
  );
  const config = new TextEncoder().encode(JSON.stringify({ name: 'tiny', model: tinyClipConfig, modelName: 'custom' }));
  const tokenizer = new TextEncoder().encode(JSON.stringify(tinyTokenizer().document));
  checkpoint = join(
    folder,
    await writeCheckpoint(
      openStore(folder),
      'checkpoints',
      { step: 5, epoch: 1 },
      {
        'parameters.safetensors': parameters,
        'config.json': config,
        'tokenizer.json': tokenizer,
      },
    ),
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function convert(...args: string[]): Promise<{ code: unknown; output: string; json: () => unknown }> {
  const command = await startCommand(['convert', ...args]);
  const code = await command.exit;
  const [output, stdout] = [command.output(), command.stdout()];
  await command.close();
  return { code, output, json: () => JSON.parse(stdout) as unknown };
}

async function jsonAt(...path: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(...path), 'utf8')) as Record<string, unknown>;
}

describe('tandem convert', () => {
  it('converts a checkpoint to Hugging Face and on to open_clip with the same parameters', async () => {
    const [hf, back] = [join(folder, 'hf'), join(folder, 'back.safetensors')];
    const out = await convert(checkpoint, hf, '--format', 'huggingface', '--json');
    expect(out.json()).toMatchObject({
      written: [
        'model.safetensors',
        'config.json',
        'preprocessor_config.json',
        'tokenizer.json',
        'tokenizer_config.json',
        'vocab.json',
        'merges.txt',
      ].map((name) => `file:${hf}/${name}`),
      config: tinyClipConfig,
      assumed: [],
    });
    expect(tokenizerFromHuggingFace(JSON.parse(await readFile(join(hf, 'tokenizer.json'), 'utf8'))).document).toEqual(
      tinyTokenizer().document,
    );
    expect(JSON.parse(await readFile(join(hf, 'preprocessor_config.json'), 'utf8'))).toMatchObject({
      crop_size: { height: 16, width: 16 },
    });
    const again = await convert(hf, back, '--format', 'open_clip');
    expect(again.output).toContain("Hugging Face's CLIPModel names, is now\n  file:");
    const [before, after] = await Promise.all(
      [join(checkpoint, 'parameters.safetensors'), back].map(
        async (path) => decodeSafetensors(await readFile(path)).tensors,
      ),
    );
    expect(Object.keys(after!)).toEqual(Object.keys(before!));
    for (const [name, { data }] of Object.entries(before!))
      expect(
        Buffer.compare(
          Buffer.from(data.buffer, data.byteOffset, data.byteLength),
          Buffer.from(after![name]!.data.buffer, after![name]!.data.byteOffset, data.byteLength),
        ),
      ).toBe(0);
  });

  it('writes over nothing unless --force says so', async () => {
    const path = join(folder, 'kept.safetensors');
    expect(await convert(checkpoint, path, '--format', 'open_clip')).toMatchObject({ code: 0 });
    const before = await readFile(path);
    const refused = await convert(checkpoint, path, '--format', 'open_clip', '--dtype', 'bfloat16');
    expect(refused).toMatchObject({ code: 2, output: expect.stringMatching(/kept\.safetensors .*--force/s) as string });
    expect(await readFile(path)).toEqual(before);
    const forced = await convert(checkpoint, path, '--format', 'open_clip', '--dtype', 'bfloat16', '--force');
    expect(forced).toMatchObject({ code: 0 });
    expect((await readFile(path)).byteLength).toBeLessThan(before.byteLength);
  });

  it('keeps the tokens that were added to a Hugging Face model, their ids and its own documents', async () => {
    const [hf, copy] = [join(folder, 'added'), join(folder, 'added-copy')];
    await convert(checkpoint, hf, '--format', 'huggingface');
    const { text_config: text, ...config } = await jsonAt(hf, 'config.json');
    const { added_tokens: added, ...tokenizer } = await jsonAt(hf, 'tokenizer.json');
    const { tensors } = decodeSafetensors(await readFile(join(hf, 'model.safetensors')));
    const floats = tensors as Record<string, Float32Tensor>;
    const name = 'text_model.embeddings.token_embedding.weight';
    const { shape, data } = floats[name]!;
    const wider = { shape: [shape[0]! + 2, shape[1]!], data: new Float32Array(data.length + 2 * shape[1]!) };
    wider.data.set(data);
    await writeFile(join(hf, 'model.safetensors'), encodeFloat32({ ...floats, [name]: wider }));
    const ids = { bos_token_id: 538, eos_token_id: 539, pad_token_id: 539 };
    const theirs = { ...(text as object), vocab_size: 542, ...ids };
    await writeFile(join(hf, 'config.json'), JSON.stringify({ ...config, text_config: theirs }));
    const tokens = ['<sks>', '<dog>'].map((content, at) => ({ id: 540 + at, content, special: false }));
    const files = {
      'tokenizer.json': JSON.stringify({ ...tokenizer, added_tokens: [...(added as object[]), ...tokens] }),
      'added_tokens.json': '{"<sks>": 540, "<dog>": 541}',
      'preprocessor_config.json': '{"image_mean": [0.5, 0.5, 0.5]}',
    };
    for (const [file, content] of Object.entries(files)) await writeFile(join(hf, file), content);

    expect(await convert(hf, copy, '--format', 'huggingface', '--dtype', 'bfloat16')).toMatchObject({ code: 0 });
    expect((await jsonAt(copy, 'config.json'))['text_config']).toMatchObject({ vocab_size: 542, ...ids });
    for (const [file, content] of Object.entries(files)) expect(await readFile(join(copy, file), 'utf8')).toBe(content);
    const { tensors: copied } = decodeSafetensors(await readFile(join(copy, 'model.safetensors')));
    expect(copied[name]).toMatchObject({ shape: wider.shape, dtype: 'BF16' });

    const openClip = join(folder, 'added-open-clip');
    expect(await convert(hf, openClip, '--format', 'open_clip')).toMatchObject({ code: 0 });
    const { model_cfg: model } = await jsonAt(openClip, 'open_clip_config.json');
    expect(model).toMatchObject({
      text_cfg: { vocab_size: 542, pool_type: 'eos', eos_id: 539, hf_tokenizer_name: 'added-open-clip' },
    });
    for (const file of ['tokenizer.json', 'added_tokens.json'])
      expect(await readFile(join(openClip, file), 'utf8')).toBe(files[file as keyof typeof files]);
  });

  it("gives open_clip the run's own tokenizer, and says so where there is no place for one", async () => {
    const [out, back] = [join(folder, 'own-bpe'), join(folder, 'own-bpe-back')];
    const { output } = await convert(checkpoint, out, '--format', 'open_clip');
    expect(output).not.toContain('warning');
    const { model_cfg: model } = await jsonAt(out, 'open_clip_config.json');
    expect(model).toMatchObject({ text_cfg: { vocab_size: 540, hf_tokenizer_name: 'own-bpe' } });
    expect(await jsonAt(out, 'tokenizer_config.json')).toMatchObject({ tokenizer_class: 'CLIPTokenizer' });
    const vocabulary = await jsonAt(out, 'vocab.json');
    expect(vocabulary).toMatchObject({ '<|startoftext|>': 538, '<|endoftext|>': 539 });
    const [version, ...merges] = (await readFile(join(out, 'merges.txt'), 'utf8')).trimEnd().split('\n');
    expect([version, merges]).toEqual(['#version: 0.2', tinyTokenizer().document.merges]);

    expect((await convert(out, back, '--format', 'huggingface', '--json')).json()).toMatchObject({
      config: tinyClipConfig,
    });
    expect(await readFile(join(back, 'tokenizer.json'))).toEqual(await readFile(join(out, 'tokenizer.json')));
    const single = await convert(checkpoint, join(folder, 'own-bpe.safetensors'), '--format', 'open_clip');
    expect(single.output).toMatch(/warning: open_clip takes its own tokenizer of 49408 tokens, this model has 540/);
  });

  it('takes the running mean of a checkpoint where --ema says so', async () => {
    const wrapped = fileURLToPath(new URL('../../../test/interop/fixtures/wrapped', import.meta.url));
    const taken = async (...options: string[]): Promise<{ output: string; file: Buffer }> => {
      const path = join(folder, `ema-${options.length}.safetensors`);
      const { output } = await convert(join(wrapped, 'model-and-ema.pt'), path, '--format', 'open_clip', ...options);
      return { output, file: await readFile(path) };
    };
    const [trained, mean] = [await taken(), await taken('--ema')];
    expect(trained.output).toContain('of its models model is taken, not model_ema; --ema takes the running mean');
    expect(mean.output).toContain('of its models model_ema is taken, not model, as --ema says');
    expect(Buffer.compare(trained.file, mean.file)).not.toBe(0);
  });

  it("warns that OpenAI's code computes something else, and adds OpenAI's scalars", async () => {
    const path = join(folder, 'openai.safetensors');
    const { output } = await convert(checkpoint, path, '--format', 'openai', '--dtype', 'bfloat16');
    expect(output).toContain("warning: OpenAI's code computes with QuickGELU, this model with GELU");
    expect(decodeSafetensors(await readFile(path)).tensors['vocab_size']).toMatchObject({
      dtype: 'I64',
      data: BigInt64Array.of(540n),
    });
  });

  it('says which parameters are no numbers', async () => {
    const tensors = parameterSpecs(tinyClipConfig).map(({ name, shape }) => {
      const size = shape.reduce((product, side) => product * side, 1);
      return [name, { shape, data: new Float32Array(size).fill(name === 'ln_final.bias' ? NaN : 0.5) }];
    });
    const [path, config] = [join(folder, 'nan.safetensors'), join(folder, 'nan.json')];
    await writeFile(path, encodeFloat32(Object.fromEntries(tensors) as Record<string, Float32Tensor>));
    await writeFile(config, JSON.stringify(tinyClipConfig));
    const { code, output } = await convert(path, join(folder, 'nan-hf'), '--format', 'huggingface', '--model', config);
    expect([code, output]).toEqual([0, expect.stringContaining('NaN or infinite values are in ln_final.bias\n')]);
  });

  it('asks for the model if the shapes do not tell it, and accepts the path of a config', async () => {
    const alone = join(folder, 'alone.safetensors');
    await convert(checkpoint, alone, '--format', 'open_clip');
    const refused = await convert(alone, join(folder, 'x.safetensors'), '--format', 'huggingface');
    expect(refused).toMatchObject({
      code: 2,
      output: expect.stringContaining('the number of heads cannot be guessed') as string,
    });
    expect(
      await convert(alone, join(folder, 'x'), '--format', 'huggingface', '--model', join(checkpoint, 'config.json')),
    ).toMatchObject({ code: 0 });
    expect(await convert(alone, join(folder, 'y'), '--format', 'huggingface', '--model', 'ViT-B-32')).toMatchObject({
      code: 2,
      output: expect.stringContaining('of another shape') as string,
    });
    expect(await convert(alone, join(folder, 'y'), '--format', 'huggingface', '--model', 'none')).toMatchObject({
      code: 2,
      output: expect.stringContaining("expected a model's name or the path of a config") as string,
    });
  });
});

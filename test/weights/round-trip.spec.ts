// Goal: weights that are written in any format and read again have the same bits, and the files are what the other tool
// expects. Method: values with any bits, including NaNs, through every pair of formats in real folders; names, shapes
// and layouts were written down by hand from the sources of the other tools.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weightFormats } from '#model/formats/export-plan.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { writeCheckpoint } from '#store/run/checkpoint.js';
import { openStore } from '#store/open-store.js';
import { decodeSafetensors, encodeFloat32, type Float32Tensor } from '#store/safetensors/safetensors.js';
import { openModelWeights } from '#weights/model-weights.js';
import { openSafetensorsWeights } from '#weights/safetensors-weights.js';
import { openStoredFile } from '#weights/stored-file.js';
import { writeWeights } from '#weights/write-weights.js';
import { randomWeights, weightBits, weightsOf } from '../support/models/random-weights.js';
import { tinyClipConfig } from '../support/models/tiny-clip.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-weights-'));
});
afterAll(() => rm(folder, { recursive: true }));

const transformer = { ...tinyClipConfig, quick_gelu: true };
/** Heads are 64 wide, which is what a reader assumes if nothing says how many there are. */
const plainHeads: ClipConfig = {
  embed_dim: 24,
  quick_gelu: false,
  vision_cfg: { image_size: 24, layers: 2, width: 64, patch_size: 8, head_width: 64, mlp_ratio: 2 },
  text_cfg: { context_length: 7, vocab_size: 60, width: 64, heads: 1, layers: 1, mlp_ratio: 4 },
};
const sigLip: ClipConfig = { ...plainHeads, init_logit_scale: Math.log(10), init_logit_bias: -10 };
const resNet: ClipConfig = {
  embed_dim: 16,
  quick_gelu: false,
  vision_cfg: { image_size: 64, layers: [1, 2, 1, 1], width: 8, patch_size: null, head_width: 64 },
  text_cfg: { context_length: 5, vocab_size: 40, width: 64, heads: 1, layers: 1, mlp_ratio: 4 },
};

describe('weights that are written and read again', () => {
  it('have the same bits through every pair of formats', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...weightFormats),
        fc.constantFrom(...weightFormats),
        fc.boolean(),
        fc.nat(),
        async (first, second, isFile, seed) => {
          const given = weightsOf(transformer, randomWeights(transformer, seed));
          const [one, two] = [join(folder, 'one'), join(folder, isFile ? 'two.safetensors' : 'two')];
          await writeWeights(given, one, { format: first, dtype: 'float32' });
          const between = await openModelWeights(first === 'openai' ? join(one, 'open_clip_model.safetensors') : one, {
            config: transformer,
          });
          await writeWeights(between, two, { format: second, dtype: 'float32' });
          await between.close();
          const last = await openModelWeights(two, { config: transformer });
          expect(await weightBits(last)).toEqual(await weightBits(given));
          await last.close();
          await rm(one, { recursive: true });
          await rm(two, { recursive: true });
        },
      ),
      { numRuns: 20 },
    );
  });

  it('of a ResNet also have the same bits, including the running statistics', async () => {
    const given = weightsOf(resNet, randomWeights(resNet, 2));
    const [one, two] = [join(folder, 'resnet-openai.safetensors'), join(folder, 'resnet')];
    await writeWeights(given, one, { format: 'openai', dtype: 'float32' });
    expect(Object.keys(decodeSafetensors(await readFile(one)).tensors)).toEqual(
      expect.arrayContaining(['visual.bn1.running_mean', 'visual.layer2.1.bn3.running_var', 'input_resolution']),
    );
    const between = await openModelWeights(one, { config: resNet });
    await writeWeights(between, two, { format: 'open_clip', dtype: 'float32' });
    const last = await openModelWeights(two);
    expect(last.config).toEqual(resNet);
    expect(await weightBits(last)).toEqual(await weightBits(given));
    await Promise.all([between.close(), last.close()]);
  });

  it.each(weightFormats)("%s: the config beside the weights is the model's", async (format) => {
    const out = join(folder, `config-${format}`);
    await writeWeights(weightsOf(transformer, randomWeights(transformer, 1)), out, { format, dtype: 'float32' });
    const weights = await openModelWeights(out);
    expect(weights).toMatchObject({ config: transformer, assumed: [] });
    await weights.close();
  });

  it.each([
    ['a transformer', plainHeads],
    ['one with a bias of its logits', sigLip],
    ['a ResNet', resNet],
  ] as const)('%s is recognised by its shapes if there is no config', async (_, config) => {
    const out = join(folder, 'alone.safetensors');
    await writeWeights(weightsOf(config, randomWeights(config, 1)), out, {
      format: 'open_clip',
      dtype: 'float32',
      replace: true,
    });
    const weights = await openModelWeights(out);
    expect(weights.config).toEqual(config);
    expect(weights.assumed).toEqual([
      'the activation is GELU',
      'heads are 64 wide in the image tower and 64 in the text tower',
      'each token of a caption sees those before it only',
      'a caption is read at its end token, the one of the highest id',
      'norms add 0.00001 to the variance',
    ]);
    await weights.close();
  });

  it('are rounded to the nearest 16-bit values, except the logit scale', async () => {
    const values = Object.fromEntries(
      Object.entries(randomWeights(plainHeads, 1)).map(([name, { length }]) => [
        name,
        Float32Array.from({ length }, (__, i) => Math.sin(i)),
      ]),
    );
    for (const [dtype, step] of [
      ['float16', 2 ** -11],
      ['bfloat16', 2 ** -8],
    ] as const) {
      const out = join(folder, `${dtype}.safetensors`);
      await writeWeights(weightsOf(plainHeads, { ...values, logit_scale: Float32Array.of(4.6052) }), out, {
        format: 'huggingface',
        dtype,
      });
      const { tensors } = decodeSafetensors(await readFile(out));
      expect(tensors['visual_projection.weight']?.data).toBeInstanceOf(Uint16Array);
      const weights = await openModelWeights(out);
      expect((await weights.read('logit_scale'))[0]).toBe(Math.fround(4.6052));
      for (const name of ['visual.proj', 'token_embedding.weight', 'transformer.resblocks.0.attn.in_proj_weight']) {
        (await weights.read(name)).forEach((got, i) =>
          expect(Math.abs(got - values[name]![i]!)).toBeLessThanOrEqual(step * Math.max(Math.abs(got), 2 ** -14)),
        );
      }
      await weights.close();
    }
  });

  it('that are too large for float16 are refused, with the name of the parameter', async () => {
    const values = { ...randomWeights(transformer, 1), 'visual.proj': new Float32Array(16 * 12).fill(7e4) };
    const zeros = Object.fromEntries(
      Object.entries(values).map(([name, { length }]) => [
        name,
        name === 'visual.proj' ? values[name] : new Float32Array(length),
      ]),
    );
    await expect(
      writeWeights(weightsOf(transformer, zeros), join(folder, 'large.safetensors'), {
        format: 'open_clip',
        dtype: 'float16',
      }),
    ).rejects.toThrow('visual.proj holds 70000, but float16 holds nothing beyond');
  });
});

describe("Hugging Face's CLIPModel", () => {
  it('has its own names, separate q, k and v, and transposed projections', async () => {
    const config = { ...plainHeads, vision_cfg: { ...plainHeads.vision_cfg, layers: 1 } } as ClipConfig;
    const values = randomWeights(config, 5);
    const out = join(folder, 'hf');
    await writeWeights(weightsOf(config, values), out, { format: 'huggingface', dtype: 'float32' });
    const { tensors, metadata } = decodeSafetensors(await readFile(join(out, 'model.safetensors')));
    expect(metadata).toEqual({ format: 'pt' });
    const layer = (tower: string): string[] =>
      [
        'layer_norm1',
        'layer_norm2',
        'mlp.fc1',
        'mlp.fc2',
        'self_attn.k_proj',
        'self_attn.out_proj',
        'self_attn.q_proj',
        'self_attn.v_proj',
      ].flatMap((module) => ['weight', 'bias'].map((leaf) => `${tower}.encoder.layers.0.${module}.${leaf}`));
    expect(Object.keys(tensors).sort()).toEqual(
      [
        'logit_scale',
        'visual_projection.weight',
        'text_projection.weight',
        ...layer('vision_model'),
        ...layer('text_model'),
        'vision_model.embeddings.class_embedding',
        'vision_model.embeddings.patch_embedding.weight',
        'vision_model.embeddings.position_embedding.weight',
        'vision_model.pre_layrnorm.weight',
        'vision_model.pre_layrnorm.bias',
        'vision_model.post_layernorm.weight',
        'vision_model.post_layernorm.bias',
        'text_model.embeddings.token_embedding.weight',
        'text_model.embeddings.position_embedding.weight',
        'text_model.final_layer_norm.weight',
        'text_model.final_layer_norm.bias',
      ].sort(),
    );
    const bits = (array: Float32Array): number[] => [...new Uint32Array(array.buffer, array.byteOffset, array.length)];
    const of = (name: string): number[] => bits(tensors[name]!.data as Float32Array);
    expect(tensors['visual_projection.weight']!.shape).toEqual([24, 64]);
    expect(of('visual_projection.weight')[3 * 64 + 5]).toBe(bits(values['visual.proj']!)[5 * 24 + 3]);
    const fused = bits(values['visual.transformer.resblocks.0.attn.in_proj_weight']!);
    expect(of('vision_model.encoder.layers.0.self_attn.k_proj.weight')).toEqual(fused.slice(64 * 64, 2 * 64 * 64));
    expect(of('text_model.encoder.layers.0.self_attn.v_proj.bias')).toEqual(
      bits(values['transformer.resblocks.0.attn.in_proj_bias']!).slice(128),
    );
    expect(of('text_model.encoder.layers.0.mlp.fc1.weight')).toEqual(
      bits(values['transformer.resblocks.0.mlp.c_fc.weight']!),
    );
    expect(JSON.parse(await readFile(join(out, 'config.json'), 'utf8'))).toMatchObject({
      architectures: ['CLIPModel'],
      model_type: 'clip',
      projection_dim: 24,
      text_config: {
        hidden_size: 64,
        intermediate_size: 256,
        num_attention_heads: 1,
        max_position_embeddings: 7,
        eos_token_id: 59,
        hidden_act: 'gelu',
      },
      vision_config: {
        hidden_size: 64,
        intermediate_size: 128,
        num_hidden_layers: 1,
        num_attention_heads: 1,
        image_size: 24,
        patch_size: 8,
      },
    });
  });

  it('leaves out default values of its config, and has position_ids', async () => {
    const out = join(folder, 'defaults');
    await writeWeights(weightsOf(transformer, randomWeights(transformer, 1)), out, {
      format: 'huggingface',
      dtype: 'float32',
    });
    const path = join(out, 'config.json');
    const {
      text_config: { hidden_act: _, layer_norm_eps: __, ...text },
      ...rest
    } = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...rest, text_config: text }));
    await addTensors(join(out, 'model.safetensors'), {
      'text_model.embeddings.position_ids': { shape: [1, 12], data: new Float32Array(12) },
    });
    const weights = await openModelWeights(out);
    expect(weights.config).toEqual(transformer);
    await weights.close();
  });

  it('cannot hold a ResNet', async () => {
    const writing = writeWeights(weightsOf(resNet, randomWeights(resNet, 1)), join(folder, 'none'), {
      format: 'huggingface',
      dtype: 'float32',
    });
    await expect(writing).rejects.toThrow('the format huggingface has no place for');
  });
});

describe('prefixes that tools put before names', () => {
  const values = randomWeights(transformer, 9);
  const renamed = async (name: string, rename: (parameter: string) => string): Promise<string> => {
    const path = join(folder, `${name}.safetensors`);
    await writeWeights(weightsOf(transformer, values), path, { format: 'open_clip', dtype: 'float32' });
    const { tensors } = decodeSafetensors(await readFile(path));
    await writeFile(
      path,
      encodeFloat32(
        Object.fromEntries(
          Object.entries(tensors).map(([parameter, tensor]) => [rename(parameter), tensor as Float32Tensor]),
        ),
      ),
    );
    return path;
  };
  it.each<[string, (name: string) => string]>([
    ['data-parallel', (name) => `module.${name}`],
    ['compiled-data-parallel', (name) => `module._orig_mod.${name}`],
    ['custom-text', (name) => (/^(visual|logit_scale)/.test(name) ? name : `text.${name}`)],
  ])('%s', async (name, rename) => {
    const weights = await openModelWeights(await renamed(name, rename), { config: transformer });
    expect(await weightBits(weights)).toEqual(await weightBits(weightsOf(transformer, values)));
    await weights.close();
  });

  it("separate queries, keys and values, as in PyTorch's attention if their widths differ", async () => {
    const path = await renamed('apart', (name) => name);
    const tensors = Object.entries(
      decodeSafetensors(await readFile(path)).tensors as Record<string, Float32Tensor>,
    ).flatMap(([name, { shape, data }]) => {
      if (!name.endsWith('in_proj_weight')) return [[name, { shape, data }] as const];
      const third = data.length / 3;
      return ['q', 'k', 'v'].map(
        (letter, i) =>
          [
            name.replace('in_proj', `${letter}_proj`),
            { shape: [16, 16], data: data.subarray(i * third, (i + 1) * third) },
          ] as const,
      );
    });
    await writeFile(path, encodeFloat32(Object.fromEntries(tensors)));
    const weights = await openModelWeights(path, { config: transformer });
    expect(await weightBits(weights)).toEqual(await weightBits(weightsOf(transformer, values)));
    await weights.close();
  });
});

describe('weights that do not fit', () => {
  it('missing, unexpected and misshapen parameters are listed in one message', async () => {
    const path = join(folder, 'misfit.safetensors');
    await writeWeights(weightsOf(transformer, randomWeights(transformer, 1)), path, {
      format: 'open_clip',
      dtype: 'float32',
    });
    const { 'ln_final.bias': _gone, ...tensors } = decodeSafetensors(await readFile(path)).tensors as Record<
      string,
      Float32Tensor
    >;
    const misfit = {
      ...tensors,
      'visual.head.weight': { shape: [1], data: Float32Array.of(1) },
      text_projection: { shape: [16, 3], data: new Float32Array(48) },
    };
    await writeFile(path, encodeFloat32(misfit));
    await expect(openModelWeights(path, { config: transformer })).rejects.toThrow(
      /1 missing: ln_final\.bias\n {2}1 unexpected: visual\.head\.weight\n {2}1 of another shape: text_projection: expected \[16, 12\], got \[16, 3\]/,
    );
  });

  it('weights of another kind of model are refused', async () => {
    const path = join(folder, 'other.safetensors');
    await writeFile(path, encodeFloat32({ 'bert.embeddings.weight': { shape: [1], data: Float32Array.of(1) } }));
    await expect(openModelWeights(path)).rejects.toThrow(/expected the tensors of a CLIP .*bert\.embeddings\.weight/);
    await writeFile(path, 'hello, this is no file of weights');
    await expect(openModelWeights(path)).rejects.toThrow('expected a safetensors file or one of torch.save');
    await expect(openModelWeights(join(folder, 'nowhere'))).rejects.toThrow(/there is no file .*nowhere, nor a folder/);
  });
});

it('a tensor whose number of bytes does not fit its shape is refused', async () => {
  const path = join(folder, 'bytes.safetensors');
  const header = Buffer.from(
    JSON.stringify({ 'visual.conv1.weight': { dtype: 'F32', shape: [2], data_offsets: [0, 10] } }),
  );
  await writeFile(
    path,
    Buffer.concat([Buffer.from(BigUint64Array.of(BigInt(header.byteLength)).buffer), header, Buffer.alloc(10)]),
  );
  const file = await openSafetensorsWeights(await openStoredFile(openStore(folder), 'bytes.safetensors'));
  await expect(file.read('visual.conv1.weight')).rejects.toThrow(
    /conv1\.weight .* is F32\[2\], 8 bytes, but comes with 10/,
  );
});

describe('where weights are found', () => {
  const values = randomWeights(transformer, 11);
  const source = weightsOf(transformer, values);

  it('in several files, found by their index', async () => {
    const out = join(folder, 'shards');
    await writeWeights(source, out, { format: 'huggingface', dtype: 'float32' });
    const { tensors } = decodeSafetensors(await readFile(join(out, 'model.safetensors')));
    await rm(join(out, 'model.safetensors'));
    const fileOf = (_: unknown, index: number): string => `model-0000${(index % 2) + 1}-of-00002.safetensors`;
    const names = Object.keys(tensors);
    for (const file of new Set(names.map(fileOf))) {
      await writeFile(
        join(out, file),
        encodeFloat32(
          Object.fromEntries(
            Object.entries(tensors as Record<string, Float32Tensor>).filter(
              (one, index) => fileOf(one, index) === file,
            ),
          ),
        ),
      );
    }
    await writeFile(
      join(out, 'model.safetensors.index.json'),
      JSON.stringify({ weight_map: Object.fromEntries(names.map((name, index) => [name, fileOf(name, index)])) }),
    );
    const weights = await openModelWeights(out);
    expect(weights.config).toEqual(transformer);
    expect(await weightBits(weights)).toEqual(await weightBits(source));
    expect(await weights.sha256()).toMatch(/^[0-9a-f]{64}$/);
    await weights.close();

    await writeFile(
      join(out, 'model.safetensors.index.json'),
      JSON.stringify({ weight_map: { a: '../../etc/passwd' } }),
    );
    await expect(openModelWeights(out)).rejects.toThrow('it names files in other folders');
  });

  it('C2: in a checkpoint, checked against its manifest; an incomplete one is refused', async () => {
    const store = openStore(folder);
    const blobs = {
      'parameters.safetensors': encodeFloat32(
        Object.fromEntries(
          parameterSpecs(transformer).map(({ name, shape }) => [name, { shape, data: values[name]! }]),
        ),
      ),
      'config.json': new TextEncoder().encode(JSON.stringify({ model: transformer })),
    };
    const checkpoint = join(folder, await writeCheckpoint(store, 'checkpoints', { step: 3, epoch: 1 }, blobs));
    const weights = await openModelWeights(checkpoint);
    expect(await weightBits(weights)).toEqual(await weightBits(source));
    await weights.close();

    const path = join(checkpoint, 'parameters.safetensors');
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    await expect(openModelWeights(checkpoint)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('expected sha256') as string,
    });
    await rm(join(checkpoint, 'manifest.json'));
    await expect(openModelWeights(checkpoint)).rejects.toThrow('it was never finished');
  });
});

async function addTensors(path: string, more: Record<string, Float32Tensor>): Promise<void> {
  const { tensors } = decodeSafetensors(await readFile(path));
  await writeFile(path, encodeFloat32({ ...(tensors as Record<string, Float32Tensor>), ...more }));
}

// Goal: a file that is named as weights, but is something else, too large or malicious, is refused at once. The message
// quotes nothing of it, because a caller of the coordinator may not be allowed to read the file. Method: real files of
// many kinds, with names of weights.
import { execFileSync } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  documentBytesMax,
  pickleBytesMax,
  safetensorsHeaderBytesMax,
  tokenizerBytesMax,
  weightsFilesMax,
  weightsIndexBytesMax,
  zipEntriesMax,
} from '#protocol/input/input-limits.js';
import type { TandemError } from '#protocol/tandem-error.js';
import { encodeFloat32 } from '#store/safetensors/safetensors.js';
import { openModelWeights } from '#weights/model-weights.js';
import { pickled, torchFile, zipFile } from '../support/models/torch-file.js';
import { tinyClipConfig } from '../support/models/tiny-clip.js';
import { randomWeights } from '../support/models/random-weights.js';
import { parameterSpecs } from '#model/parameters/parameters.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-weights-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function place(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

/** Writes a sparse file: `content`, followed by zeros that take no space on disk. */
async function placeSparse(name: string, content: string | Uint8Array, bytes: number): Promise<string> {
  const path = await place(name, content);
  const file = await open(path, 'r+');
  await file.truncate(bytes);
  await file.close();
  return path;
}

/** The error of a file that cannot be opened, as a caller of the API gets it. */
async function refusal(
  path: string,
): Promise<{ readonly code: string; readonly message: string; readonly everything: string }> {
  const error = (await openModelWeights(path, { config: tinyClipConfig }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )) as TandemError | undefined;
  expect(error).toMatchObject({ name: 'TandemError' });
  return { code: error!.code, message: error!.message, everything: JSON.stringify(error!.toWire()) };
}

function headerLength(bytes: number): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes));
  return length;
}

describe('a file that is no weights', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['passwords', 'root:$6$secret:19000:0:99999:7:::\nsecret', 'a file of text'],
    ['gzip', gzipSync('secret'), 'a gzip archive'],
    ['a PNG', Buffer.from('\x89PNG\r\n\x1a\nsecret secret', 'latin1'), 'a PNG image'],
    ['a JPEG', Buffer.from('\xff\xd8\xff\xe0secret secret', 'latin1'), 'a JPEG image'],
    ['HDF5', Buffer.from('\x89HDF\r\n\x1a\nsecret secret', 'latin1'), 'an HDF5 file, as Keras writes'],
    ['GGUF', 'GGUF\x03\0\0\0secret secret', 'a GGUF file, as llama.cpp reads'],
    ['a program', '\x7fELFsecret secret secret', 'a program (ELF)'],
    ['a page', '<!DOCTYPE html><p>secret', 'a page of HTML or XML'],
    ['JSON', '{"secret": "secret"}', 'a JSON document'],
    ['a pointer', 'version https://git-lfs.github.com/spec/v1\nsecret', 'a pointer of Git LFS in place of the file'],
    ['an old pickle', Buffer.from('\x80\x02secret secret', 'latin1'), 'a pickle, as PyTorch wrote before 1.6'],
    ['zeros', new Uint8Array(100), 'zeros'],
    ['nothing', '', 'an empty file'],
    ['anything', Buffer.from('\x01\x02\x03secret secret', 'latin1'), 'a file of another kind'],
    ['what could have a header', `12345678{secret: secret}${' '.repeat(100)}`, ''],
  ])('%s: the message says what kind of file it is, and quotes nothing of it', async (_what, content, kind) => {
    const { code, message, everything } = await refusal(await place('model.bin', content));
    expect(code).toBe('DATA_INVALID');
    if (kind !== '')
      expect(message).toBe(
        `Weights: expected a safetensors file or one of torch.save at file:${folder}/model.bin, got ${kind}.`,
      );
    expect(everything).not.toContain('secret');
  });

  it('a named pipe, device or folder is refused without waiting', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.safetensors')]);
    for (const path of [join(folder, 'pipe.safetensors'), '/dev/zero', '/dev/stdin', folder])
      expect((await refusal(path)).code).toBe('NOT_FOUND');
  });
});

describe('a file beyond its limits', () => {
  it('safetensors: a header that is too large, or not valid JSON', async () => {
    const large = await placeSparse(
      'large.safetensors',
      Buffer.concat([headerLength(safetensorsHeaderBytesMax + 1), Buffer.from('{')]),
      2 ** 30,
    );
    expect((await refusal(large)).message).toContain('its header takes 16,777,217 bytes; the limit is 16 MiB');
    const torn = await refusal(
      await place('torn.safetensors', Buffer.concat([headerLength(18), Buffer.from('{"a": secret, "b":')])),
    );
    expect(torn.message).toContain('not valid JSON: an unexpected character at line 1, column 7');
    expect(torn.everything).not.toContain('secret');
  });

  it('torch: a pickle that is too large, an entry larger than the file, a table with too many entries', async () => {
    const wide = zipFile({ 'archive/data.pkl': Buffer.from('.') });
    const table = wide.lastIndexOf('PK\x01\x02', undefined, 'latin1');
    for (const field of [20, 24]) wide.writeUInt32LE(pickleBytesMax + 1, table + field);
    expect((await refusal(await place('claims.pt', wide))).message).toMatch(
      /archive\/data\.pkl ends at byte 67108865 or beyond, the file at \d+/,
    );
    const bomb = torchFile({
      root: pickled.dict({}),
      storages: Object.fromEntries(Array.from({ length: zipEntriesMax }, (_, n) => [String(n), new Uint8Array(0)])),
    });
    const { code, message } = await refusal(await place('many.pt', bomb));
    expect(code).toBe('DATA_INVALID');
    expect(message).toMatch(/has more than 100000 entries|its table takes/);
  });

  it('torch: long names are shortened in messages', async () => {
    const { message } = await refusal(
      await place('names.pt', torchFile({ root: pickled.call(pickled.global('x'.repeat(5000), 'y')) })),
    );
    expect(message).toContain('which is neither plain data nor a tensor; nothing of it was run');
    expect(message.length).toBeLessThan(600);
  });

  it('torch: entries that share their bytes take no more memory than the model', async () => {
    const root = pickled.dict({
      a: pickled.tensor(pickled.storage('FloatStorage', '0', 4), [4]),
      b: pickled.tensor(pickled.storage('FloatStorage', '0', 4), [4]),
    });
    expect(
      (await refusal(await place('shared.pt', torchFile({ root, storages: { 0: new Uint8Array(16) } })))).message,
    ).toContain('expected the tensors of a CLIP');
  });

  it('a list of files: too large, of too many, nested, of files elsewhere', async () => {
    const name = 'model.safetensors.index.json';
    expect((await refusal(await placeSparse(name, '{', weightsIndexBytesMax + 1))).message).toContain(
      'Expected at most 16 MiB at',
    );
    const many = Object.fromEntries(
      Array.from({ length: weightsFilesMax + 1 }, (_, n) => [`t${n}`, `model-${n}.safetensors`]),
    );
    expect((await refusal(await place(name, JSON.stringify({ weight_map: many })))).message).toContain(
      'it names 257 files; the limit is 256',
    );
    expect((await refusal(await place(name, '['.repeat(10_000)))).message).toContain('inside one another');
    expect((await refusal(await place(name, '{"weight_map": {"a": "../../etc/passwd"}}'))).message).toContain(
      'it names files in other folders',
    );
    const others = await refusal(
      await place(
        name,
        JSON.stringify({ weight_map: Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`t${n}`, n])) }),
      ),
    );
    expect(others.message).toContain('and 990 more');
    expect((await refusal(await place(name, 'secret'))).everything).not.toContain('secret');
  });
});

describe('documents beside weights', () => {
  const values = randomWeights(tinyClipConfig, 3);
  const file = (): Uint8Array =>
    encodeFloat32(
      Object.fromEntries(
        parameterSpecs(tinyClipConfig).map(({ name, shape }) => [name, { shape, data: values[name]! }]),
      ),
    );

  it.each<[string, string, number, RegExp]>([
    ['too large', '{', documentBytesMax + 1, /Expected at most 1 MiB at .*, got 1,048,577 bytes/],
    ['nested too deep', '['.repeat(1000), 0, /inside one another at line 1, column 33/],
    ['of too many values', `{"model_cfg": [${'0,'.repeat(20_000)}0]}`, 0, /at most 10000 values/],
    ['not valid JSON', '{"embed_dim": secret}', 0, /is not valid JSON: an unexpected character at line 1, column 15/],
  ])('a config that is %s', async (_what, content, bytes, said) => {
    await place('model.safetensors', file());
    await placeSparse('open_clip_config.json', content, Math.max(bytes, content.length));
    const error = (await openModelWeights(folder).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )) as TandemError;
    expect(error).toMatchObject({ code: 'DATA_INVALID', message: expect.stringMatching(said) });
    expect(JSON.stringify(error.toWire())).not.toContain('secret');
  });

  it('a tokenizer that is too large or not valid JSON', async () => {
    await place('model.safetensors', file());
    for (const [content, bytes] of [
      ['{', tokenizerBytesMax + 1],
      ['{"model": secret}', 17],
      ['null', 4],
    ] as const) {
      await placeSparse('tokenizer.json', content, bytes);
      const weights = await openModelWeights(folder, { config: tinyClipConfig });
      const error = (await weights.tokenizer().then(
        () => undefined,
        (thrown: unknown) => thrown,
      )) as TandemError;
      expect(error).toMatchObject({ code: 'DATA_INVALID' });
      expect(JSON.stringify(error.toWire())).not.toContain('secret');
      await weights.close();
    }
  });
});

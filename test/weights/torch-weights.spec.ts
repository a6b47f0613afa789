// Goal: files of torch.save are read bit for bit. Other files and malicious ones are refused with what to do, and no
// code in them is run. Method: files written byte by byte as PyTorch writes them and, if there is a Python, by its
// pickle and zipfile; then such files cut short anywhere and with any byte changed.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { narrowBfloat16, narrowFloat16, widenBfloat16, widenFloat16 } from '#kernel/half-precision.js';
import { openModelWeights } from '#weights/model-weights.js';
import type { StoredFile } from '#weights/stored-file.js';
import { openTorchWeights } from '#weights/torch/torch-weights.js';
import type { WeightsFile } from '#weights/weights-file.js';
import { randomWeights, weightBits, weightsOf } from '../support/models/random-weights.js';
import { tinyClipConfig } from '../support/models/tiny-clip.js';
import { pickled, torchFile, zipFile, type Pickled } from '../support/models/torch-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-torch-'));
});
afterAll(() => rm(folder, { recursive: true }));

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

function inMemory(bytes: Uint8Array): StoredFile {
  return {
    url: 'file:/weights.pt',
    bytes: bytes.byteLength,
    async read(offset, length) {
      if (offset + length > bytes.byteLength)
        throw new TandemError({ code: 'DATA_INVALID', message: 'the file ends before' });
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
    sha256: () => contentHash(bytes),
  };
}

async function valuesIn(file: Uint8Array): Promise<Record<string, readonly number[]>> {
  const [weights] = (await openTorchWeights(inMemory(file))) as [WeightsFile];
  return Object.fromEntries(
    await Promise.all([...weights.shapes.keys()].map(async (name) => [name, [...(await weights.read(name))]] as const)),
  );
}

const values = randomWeights(tinyClipConfig, 3);
const specs = parameterSpecs(tinyClipConfig);
const storages = Object.fromEntries(specs.map(({ name }, key) => [String(key), bytesOf(values[name]!)]));
const tensors = (prefix = ''): Record<string, Pickled> =>
  Object.fromEntries(
    specs.map(({ name, shape }, key) => [
      prefix + name,
      pickled.tensor(pickled.storage('FloatStorage', String(key), values[name]!.length), shape),
    ]),
  );

/** A storage called 0 with the values 0, 1, 2, … */
const counting = (length: number): Record<string, Uint8Array> => ({
  0: bytesOf(Float32Array.from({ length }, (_, i) => i)),
});
const storage = (length: number, type = 'FloatStorage', key = '0'): Pickled => pickled.storage(type, key, length);

describe('a state dict of torch.save', () => {
  it.each<[string, Pickled, boolean]>([
    ['as a module gives it', pickled.orderedDict(tensors()), false],
    ['in an archive of zip64', pickled.orderedDict(tensors()), true],
    [
      'of parameters',
      pickled.dict(
        Object.fromEntries(Object.entries(tensors()).map(([name, tensor]) => [name, pickled.parameter(tensor)])),
      ),
      false,
    ],
    [
      'in a checkpoint of open_clip, trained data-parallel',
      pickled.dict({
        epoch: pickled.int(32),
        name: pickled.string('run'),
        state_dict: pickled.orderedDict(tensors('module.')),
        optimizer: pickled.dict({
          param_groups: pickled.list(
            pickled.dict({ lr: pickled.float(5e-4), betas: pickled.tuple(pickled.float(0.9), pickled.float(0.98)) }),
          ),
          extra: pickled.none,
        }),
      }),
      false,
    ],
    [
      'with a tensor beside it, and its running mean',
      pickled.dict({
        logit_scale: pickled.tensor(pickled.storage('FloatStorage', '0', 1), [1]),
        state_dict: pickled.orderedDict(tensors()),
        ema_state_dict: pickled.orderedDict(
          Object.fromEntries(Object.keys(tensors()).map((name) => [name, Object.values(tensors())[0]!])),
        ),
      }),
      false,
    ],
    [
      'of a module of Lightning that was compiled, with a metric beside the model',
      pickled.dict({
        'pytorch-lightning_version': pickled.string('2.4'),
        state_dict: pickled.orderedDict({
          ...tensors('model._orig_mod.'),
          'accuracy.total': pickled.tensor(pickled.storage('FloatStorage', '0', 1), [1]),
        }),
      }),
      false,
    ],
    [
      'of a running mean alone, nested',
      pickled.dict({ ema: pickled.dict({ module: pickled.orderedDict(tensors('ema_model.')) }) }),
      false,
    ],
  ])('%s', async (name, root, wide) => {
    const path = join(folder, `${name.replaceAll(/\W+/g, '-')}.pt`);
    await writeFile(path, torchFile({ root, storages, wide }));
    const weights = await openModelWeights(path, { config: tinyClipConfig });
    expect(await weightBits(weights)).toEqual(await weightBits(weightsOf(tinyClipConfig, values)));
    await weights.close();
  });

  it('views of one storage: transposed, with strides, with an offset', async () => {
    const root = pickled.dict({
      all: pickled.tensor(storage(24), [2, 3, 4]),
      transposed: pickled.tensor(storage(24), [4, 6], { strides: [1, 4] }),
      swapped: pickled.tensor(storage(24), [3, 2, 2], { strides: [4, 12, 2], offset: 1 }),
      column: pickled.tensor(storage(24), [3, 1], { strides: [8, 1], offset: 7 }),
      scalar: pickled.tensor(storage(24), [], { offset: 23 }),
      spread: pickled.tensor(storage(24), [2, 2], { strides: [0, 1] }),
      expanded: pickled.tensor(storage(24), [30], { strides: [0], offset: 5 }),
      empty: pickled.tensor(storage(24), [0, 5]),
    });
    expect(await valuesIn(torchFile({ root, storages: counting(24) }))).toEqual({
      all: Array.from({ length: 24 }, (_, i) => i),
      transposed: Array.from({ length: 24 }, (_, i) => Math.floor(i / 6) + 4 * (i % 6)),
      swapped: [1, 3, 13, 15, 5, 7, 17, 19, 9, 11, 21, 23],
      column: [7, 15, 23],
      scalar: [23],
      spread: [0, 1, 0, 1],
      expanded: Array.from({ length: 30 }, () => 5),
      empty: [],
    });
  });

  it('float16 and bfloat16 are widened; integer tensors are listed but cannot be read', async () => {
    const given = Float32Array.from({ length: 9 }, (_, i) => Math.sin(i) * 10);
    const root = pickled.dict({
      half: pickled.tensor(storage(9, 'HalfStorage', 'h'), [9]),
      brain: pickled.tensor(storage(9, 'BFloat16Storage', 'b'), [9]),
      vocab_size: pickled.tensor(storage(1, 'LongStorage', 'l'), []),
    });
    const file = torchFile({
      root,
      storages: {
        h: bytesOf(narrowFloat16(given)),
        b: bytesOf(narrowBfloat16(given)),
        l: bytesOf(BigInt64Array.of(49_408n)),
      },
    });
    const [weights] = (await openTorchWeights(inMemory(file))) as [WeightsFile];
    expect(await weights.read('half')).toEqual(widenFloat16(narrowFloat16(given)));
    expect(await weights.read('brain')).toEqual(widenBfloat16(narrowBfloat16(given)));
    expect(weights.shapes.get('vocab_size')).toEqual([]);
    await expect(weights.read('vocab_size')).rejects.toThrow(
      'vocab_size in file:/weights.pt is I64; parameters are read from F32, F16, BF16',
    );
  });
});

describe('refused, with what to do', () => {
  const oneTensor = pickled.dict({ a: pickled.tensor(storage(4), [4]) });
  const raw = (...parts: (string | number[])[]): Pickled =>
    Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const of = (root: Pickled): Buffer => torchFile({ root, storages: counting(4) });
  const tooManyMemos = Buffer.concat([Buffer.from(']'), Buffer.alloc(1_000_001, Buffer.from([0x94]))]);

  it.each<[string, Buffer, RegExp]>([
    [
      'code',
      of(pickled.call(pickled.global('os', 'system'), pickled.string('touch /tmp/owned'))),
      /names "os\.system", which is neither plain data nor a tensor; nothing of it was run/,
    ],
    ['code by protocol 4', of(raw([0x8c, 8], 'builtins', [0x8c, 4], 'eval', [0x93])), /names "builtins\.eval"/],
    [
      "an object of someone's",
      of(pickled.call(pickled.global('argparse', 'Namespace'))),
      /names "argparse\.Namespace"/,
    ],
    ['a new object', of(raw('ccollections\nOrderedDict\n)', [0x81])), /the instruction 0x81 does not build plain data/],
    [
      'a call of a type',
      of(pickled.call(pickled.global('torch', 'FloatStorage'), pickled.int(5))),
      /it calls torch\.FloatStorage/,
    ],
    ['attributes of what is no dict', of(raw(']}b')), /sets attributes of a list/],
    ['a value it never kept', of(raw('h\x07')), /asks for value 7/],
    ['too much off the stack', of(raw('0')), /takes more off its stack/],
    ['a mark that is not there', of(raw('t')), /goes back to a mark/],
    ['text longer than the file', of(raw('X', [0xff, 0xff, 0xff, 0x7f])), /2147483647 bytes were to come/],
    ['a huge whole number', of(raw([0x8b, 0xff, 0xff, 0xff, 0x7f])), /a whole number takes 2147483647 bytes/],
    ['more instructions than any checkpoint has', of(tooManyMemos), /more than 1000000 instructions/],
    ['no end', zipFile({ 'a/data.pkl': Buffer.from([0x80, 2, 0x7d]) }), /1 bytes were to come, and there are 0/],
    ['a list', of(pickled.list(pickled.int(1))), /expected a dict of tensors, got a list/],
    ['a dict of something else', of(pickled.dict({ epoch: pickled.int(3) })), /got a dict of 1: epoch/],
    [
      'a storage that is not there',
      torchFile({ root: oneTensor }),
      /the values of a are not in it: there is no data\/0/,
    ],
    ['a storage cut short', torchFile({ root: oneTensor, storages: counting(3) }), /data\/0 has 12 bytes of 16/],
    [
      'a tensor beyond its storage',
      of(pickled.dict({ a: pickled.tensor(storage(4), [2, 2], { offset: 1 }) })),
      /a, \[2, 2\] from value 1 on, goes beyond its storage of 4/,
    ],
    [
      'a tensor that repeats values without end',
      of(pickled.dict({ a: pickled.tensor(storage(4), [2e9, 2e9], { strides: [0, 0] }) })),
      /a, \[2000000000, 2000000000\], repeats the 4 values of its storage to 4000000000000000000/,
    ],
    [
      'strides back',
      of(pickled.dict({ a: pickled.tensor(storage(4), [2], { strides: [-1], offset: 3 }) })),
      /expected a whole number from 0 on, got -1/,
    ],
    [
      'a storage outside',
      of(pickled.dict({ a: pickled.tensor(storage(4, 'FloatStorage', '../../../etc/passwd'), [4]) })),
      /there is no data\/\.\.\/\.\.\/\.\.\/etc\/passwd/,
    ],
    [
      'big-endian numbers',
      torchFile({ root: oneTensor, storages: counting(4), entries: { 'archive/byteorder': Buffer.from('big') } }),
      /its numbers are big-endian/,
    ],
    [
      'TorchScript',
      torchFile({ root: oneTensor, storages: counting(4), entries: { 'archive/constants.pkl': Buffer.from('.') } }),
      /TorchScript program, as OpenAI's own files are/,
    ],
    [
      'an archive of something else',
      zipFile({ 'word/document.xml': Buffer.from('<a/>') }),
      /expected one data\.pkl in it, as torch\.save writes, got none/,
    ],
    ['two state dicts', torchFile({ root: oneTensor, entries: { 'other/data.pkl': Buffer.from('.') } }), /got 2/],
    ['a compressed archive', zipFile({ 'a/data.pkl': Buffer.from('.') }, { method: 8 }), /a\/data\.pkl is compressed/],
    ['an encrypted archive', zipFile({ 'a/data.pkl': Buffer.from('.') }, { flags: 1 }), /a\/data\.pkl is encrypted/],
    ['no archive', Buffer.from('PK\x03\x04 and then nothing of the kind'), /it has no table at its end/],
  ])('%s', async (_, file, message) => {
    const opening = openTorchWeights(inMemory(file));
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toMatchObject({ code: 'DATA_INVALID', help: expect.stringMatching(/\w/) as string });
  });

  it('the pickles of PyTorch before 1.6, with the line that stores them again', async () => {
    const path = join(folder, 'old.pt');
    await writeFile(
      path,
      Buffer.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e]),
    );
    await expect(openModelWeights(path)).rejects.toMatchObject({
      message: expect.stringContaining('a pickle, as PyTorch wrote before 1.6') as string,
      help: expect.stringContaining('torch.save(torch.load(') as string,
    });
  });
});

describe('a file cut short anywhere or with any bytes changed is read or refused', () => {
  const file = torchFile({
    root: pickled.dict({
      epoch: pickled.int(3),
      state_dict: pickled.orderedDict({
        a: pickled.tensor(storage(24), [4, 6], { strides: [1, 4] }),
        b: pickled.parameter(pickled.tensor(storage(24), [24])),
      }),
    }),
    storages: counting(24),
  });
  const wide = torchFile({
    root: pickled.dict({ a: pickled.tensor(storage(24), [24]) }),
    storages: counting(24),
    wide: true,
  });
  const isReadOrRefused = async (bytes: Uint8Array): Promise<void> => {
    const read = await valuesIn(bytes).catch((error: unknown) => error);
    if (read instanceof Error) expect(read, String(read.stack)).toBeInstanceOf(TandemError);
  };

  it('both files are valid to begin with', async () => {
    expect(Object.keys(await valuesIn(file))).toEqual(['a', 'b']);
    expect(Object.keys(await valuesIn(wide))).toEqual(['a']);
  });

  it.each([
    ['zip', file],
    ['zip64', wide],
  ])('%s cut short', async (_, whole) => {
    for (let length = 0; length < whole.length; length++) await isReadOrRefused(whole.subarray(0, length));
  });

  it.each([
    ['zip', file],
    ['zip64', wide],
  ])('%s with one byte changed, each in turn', async (_, whole) => {
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0x00, 0xff, (whole[at]! + 1) & 0xff, whole[at]! ^ 0x80]) {
        const changed = Buffer.from(whole);
        changed[at] = value;
        await isReadOrRefused(changed);
      }
    }
  });

  it('with several bytes changed, and pickles of any bytes', async () => {
    const changes = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(file, wide), changes, async (whole, places) => {
        const changed = Buffer.from(whole);
        for (const [at, value] of places) if (at < changed.length) changed[at] = value;
        await isReadOrRefused(changed);
      }),
    );
    const opcodes = [
      ...Buffer.from('(012NJKMGXTUBC)taelds}u]qrhjcRbQ.'),
      0x80,
      0x95,
      0x85,
      0x86,
      0x87,
      0x88,
      0x89,
      0x8a,
      0x8b,
      0x8c,
      0x8d,
      0x8e,
      0x93,
      0x94,
    ];
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.constantFrom(...opcodes), fc.nat(255)), { maxLength: 60 }), (bytes) =>
        isReadOrRefused(zipFile({ 'a/data.pkl': Buffer.from(bytes) })),
      ),
      { numRuns: 500 },
    );
  });
});

/** Does what torch.save does with Python's pickle and zipfile. Stand-ins replace the classes of PyTorch. */
const python = `
import collections, pickle, struct, sys, types, zipfile
torch, utils = types.ModuleType('torch'), types.ModuleType('torch._utils')
sys.modules.update({'torch': torch, 'torch._utils': utils})
def named(module, name):
    def stand_in(*args): raise AssertionError
    stand_in.__module__, stand_in.__qualname__ = module.__name__, name
    setattr(module, name, stand_in)
    return stand_in
float_storage, rebuild = named(torch, 'FloatStorage'), named(utils, '_rebuild_tensor_v2')
class Storage: pass
class Tensor:
    def __reduce__(self): return rebuild, (self.storage, 1, (2, 3), (1, 2), False, collections.OrderedDict())
class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return ('storage', float_storage, '0', 'cuda:0', 8) if isinstance(value, Storage) else None
tensor = Tensor(); tensor.storage = Storage()
state = collections.OrderedDict([('a.weight', tensor), ('b.weight', tensor)])
state._metadata = collections.OrderedDict([('', {'version': 1})])
import io
out = io.BytesIO()
protocol = int(sys.argv[2])
Pickler(out, protocol).dump({
    'epoch': 3, 'name': 'r\\u00fcn', 'big': 2**40, 'minus': -5, 'none': None, 'lr': 5e-4,
    'flags': [True, False, (), (1,), (1, 2)], **({'raw': b'x'} if protocol > 2 else {}), 'state_dict': state})
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_STORED) as archive:
    with archive.open('archive/data.pkl', 'w', force_zip64=True) as entry: entry.write(out.getvalue())
    archive.writestr('archive/byteorder', 'little')
    archive.writestr('archive/data/0', struct.pack('<8f', *range(8)))
`;
const hasPython = (() => {
  try {
    return (
      execFileSync('python3', ['-c', 'print(1)'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim() ===
      '1'
    );
  } catch {
    return false;
  }
})();

describe.runIf(hasPython)("Python's own pickle and zipfile (runs where there is a python3)", () => {
  it.each([2, 3, 4, 5])('protocol %i', async (protocol) => {
    const path = join(folder, `python-${protocol}.pt`);
    execFileSync('python3', ['-c', python, path, String(protocol)]);
    // Element [i, j] is value 1 + i + 2j of the storage.
    const expected = [1, 3, 5, 2, 4, 6];
    expect(await valuesIn(await readFile(path))).toEqual({ 'a.weight': expected, 'b.weight': expected });
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { openStore } from '#store/open-store.js';
import { openModelWeights } from '#weights/model-weights.js';
import { openWeightsFile } from '#weights/open-weights-file.js';
import { randomWeights } from '../../support/models/random-weights.js';
import { tinyClipConfig } from '../../support/models/tiny-clip.js';
import { pickled, torchFile, type Pickled } from '../../support/models/torch-file.js';
import type { Chance } from '../chance.js';
import { mutateBytes, overwriteNumber } from '../mutate-bytes.js';
import { readByEach, type Target } from '../target.js';

const values = randomWeights(tinyClipConfig, 3);
const specs = parameterSpecs(tinyClipConfig);
const storages = Object.fromEntries(specs.map(({ name }, key) => [String(key), new Uint8Array(values[name]!.buffer)]));
const tensors = Object.fromEntries(
  specs.map(({ name, shape }, key) => [
    name,
    pickled.tensor(pickled.storage('FloatStorage', String(key), values[name]!.length), shape),
  ]),
);
const few = { 0: new Uint8Array(96) };
const twice = pickled.storage('FloatStorage', '0', 24);
const roots: readonly { readonly root: Pickled; readonly storages: Readonly<Record<string, Uint8Array>> }[] = [
  { root: pickled.orderedDict(tensors), storages },
  {
    root: pickled.dict({
      epoch: pickled.int(3),
      lr: pickled.float(0.5),
      state_dict: pickled.orderedDict({
        a: pickled.tensor(twice, [4, 6], { strides: [1, 4] }),
        b: pickled.parameter(pickled.tensor(twice, [2, 2], { offset: 3 })),
      }),
      groups: pickled.list(pickled.dict({ betas: pickled.tuple(pickled.float(0.9), pickled.none) })),
    }),
    storages: few,
  },
];
/** Every pickle instruction that the reader knows, and some that it does not. */
const opcodes = [
  ...Buffer.from('(012NJKMGXTUBC)taelds}u]qrhjcRbQ.iopPSVFIL'),
  ...[0x80, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96],
];

/** Files of torch.save, which are a pickle and storages in a zip archive. */
export const torch: Target = {
  cases: 400,
  async open(folder) {
    const files = roots.flatMap((file) => [torchFile(file), torchFile({ ...file, wide: true })]);
    const path = join(folder, 'model.pt');
    const store = openStore(folder);
    return {
      async run(chance) {
        await writeFile(
          path,
          chance.oneIn(2) ? mutateBytes(chance.pick(files), chance, files) : ofDamagedPickle(chance),
        );
        await readByEach([
          async () => {
            const file = await openWeightsFile(store, 'model.pt');
            await readByEach([...file.shapes.keys()].map((name) => () => file.read(name)));
          },
          async () => readAll(await openModelWeights(path, chance.oneIn(2) ? { config: tinyClipConfig } : {})),
        ]);
      },
      close: () => store.close(),
    };
  },
};

export async function readAll(weights: Awaited<ReturnType<typeof openModelWeights>>): Promise<void> {
  try {
    for (const parameter of weights.parameters) await weights.read(parameter);
    await weights.tokenizer();
  } finally {
    await weights.close();
  }
}

/** A valid archive with a damaged pickle. */
function ofDamagedPickle(chance: Chance): Buffer {
  const { root, storages: kept } = chance.pick(roots);
  let program: Buffer = Buffer.from(root);
  const changes = 1 + chance.below(5);
  for (let i = 0; i < changes; i++) {
    const at = chance.below(program.length);
    const kind = chance.below(6);
    if (kind === 0) program[at] = chance.pick(opcodes);
    else if (kind === 1)
      program = Buffer.concat([program.subarray(0, at), Buffer.from([chance.pick(opcodes)]), program.subarray(at)]);
    else if (kind === 2) overwriteNumber(program, at, chance);
    else if (kind === 3) {
      const many = Buffer.alloc(chance.pick([10, 1000, 100_000]), chance.pick(opcodes));
      program = Buffer.concat([program.subarray(0, at), many, program.subarray(at)]);
    } else
      program = mutateBytes(
        program,
        chance,
        roots.map((other) => other.root),
      );
  }
  const order = chance.oneIn(10) ? { 'archive/byteorder': mutateBytes(Buffer.from('little'), chance) } : {};
  return torchFile({ root: program, storages: kept, entries: order, wide: chance.oneIn(4) });
}

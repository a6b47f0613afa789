import { createHash } from 'node:crypto';

/** A file of named tensors, which are read one at a time. */
export interface WeightsFile {
  readonly url: string;
  /** Shape of every tensor, in the order of the file. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * Reads the values of a tensor, row-major; float16 and bfloat16 are widened to float32. Throws DATA_INVALID for any
   * other type.
   */
  read(tensor: string): Promise<Float32Array>;
  /** What was chosen in a file that holds more, as sentences. */
  readonly notes?: readonly string[];
  /** sha256 of the file in lower-case hex; for several files, sha256 over their hashes in order. */
  sha256(): Promise<string>;
}

/**
 * Removes prefixes that wrappers around a model put before its tensors' names: `module.` by data-parallel training,
 * `_orig_mod.` by torch.compile, `model.`, `net.` and `clip.` by modules of Lightning that hold a model, `ema.` and the
 * like by running means. Tensors without the prefix of nearly all others, such as those of a metric beside the model or
 * the counter of a running mean, are left out where the rest is a model: `isModel` says so of names.
 */
export function withoutWrappers(file: WeightsFile, isModel: (names: readonly string[]) => boolean): WeightsFile {
  const names = [...file.shapes.keys()];
  if (isModel(names)) return file;
  const wrapper = wrappers.find((prefix) => {
    const inside = names.filter((name) => name.startsWith(prefix));
    return inside.length > 0 && inside.length * 2 > names.length;
  });
  if (wrapper === undefined) return file;
  const inside = [...file.shapes].filter(([name]) => name.startsWith(wrapper));
  const unwrapped: WeightsFile = {
    url: file.url,
    notes: [
      ...(file.notes ?? []),
      `the prefix ${wrapper} of its tensors is taken off`,
      ...(inside.length < names.length ? [`${names.length - inside.length} tensors without it are left out`] : []),
    ],
    shapes: new Map(inside.map(([name, shape]) => [name.slice(wrapper.length), shape])),
    read: (tensor) => file.read(wrapper + tensor),
    sha256: () => file.sha256(),
  };
  return withoutWrappers(unwrapped, isModel);
}

/** As `withoutWrappers` tries them. */
export const wrappers = [
  'module.',
  '_orig_mod.',
  'state_dict.',
  'model.',
  'net.',
  'clip.',
  'clip_model.',
  'ema_model.',
  'model_ema.',
  'ema.',
];

/** Presents the files of one model, each with some of its tensors, as a single file. */
export function joinWeightsFiles(url: string, files: readonly WeightsFile[]): WeightsFile {
  const fileOf = new Map(files.flatMap((file) => [...file.shapes.keys()].map((name) => [name, file] as const)));
  return {
    url,
    shapes: new Map(files.flatMap(({ shapes }) => [...shapes])),
    async read(tensor) {
      const file = fileOf.get(tensor);
      if (!file) throw new Error(`internal: ${tensor} was asked for and is in none of ${files.length} files`);
      return file.read(tensor);
    },
    async sha256() {
      const hash = createHash('sha256');
      for (const file of files) hash.update(await file.sha256());
      return hash.digest('hex');
    },
  };
}

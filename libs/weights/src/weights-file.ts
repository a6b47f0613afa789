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
  /** sha256 of the file in lower-case hex; for several files, sha256 over their hashes in order. */
  sha256(): Promise<string>;
}

/**
 * Removes prefixes that wrappers around a model put before every tensor name: `module.` by data-parallel training and
 * `_orig_mod.` by torch.compile.
 */
export function withoutWrappers(file: WeightsFile): WeightsFile {
  const names = [...file.shapes.keys()];
  const wrapper = ['module.', '_orig_mod.'].find(
    (prefix) => names.length > 0 && names.every((name) => name.startsWith(prefix)),
  );
  if (wrapper === undefined) return file;
  return withoutWrappers({
    url: file.url,
    shapes: new Map([...file.shapes].map(([name, shape]) => [name.slice(wrapper.length), shape])),
    read: (tensor) => file.read(wrapper + tensor),
    sha256: () => file.sha256(),
  });
}

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

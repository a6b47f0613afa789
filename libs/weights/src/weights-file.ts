import { createHash } from 'node:crypto';

/** A file of named tensors, read one at a time. */
export interface WeightsFile {
  readonly url: string;
  /** Of every tensor, in the order of the file. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /**
   * The values of a tensor, row-major, float16 and bfloat16 widened. Throws DATA_INVALID for other types than these and
   * float32.
   */
  read(tensor: string): Promise<Float32Array>;
  /** Of the file's bytes, in lower-case hex; of several files, of their hashes one after another. */
  sha256(): Promise<string>;
}

/**
 * The same file without what wraps around a model leave before its names: `module.` of data-parallel training and
 * `_orig_mod.` of torch.compile, where all names have it.
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

/** Files of one model that share its tensors out among them, as one. */
export function joined(url: string, files: readonly WeightsFile[]): WeightsFile {
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

import { createHash } from 'node:crypto';

/** A file of named tensors, which are read one at a time. */
export interface WeightsFile {
  readonly url: string;
  /** The keys of the dict that holds the tensors, with dots between, where the file holds dicts in a dict. */
  readonly place?: string;
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

/** Those tensors of a file that have these names, all of which begin with `prefix`, under the names without it. */
export function withoutPrefix(
  file: WeightsFile,
  { prefix, names, notes }: { readonly prefix: string; readonly names: readonly string[]; readonly notes: string[] },
): WeightsFile {
  return {
    url: file.url,
    notes,
    shapes: new Map(names.map((name) => [name.slice(prefix.length), file.shapes.get(name) ?? []])),
    read: (tensor) => file.read(prefix + tensor),
    sha256: () => file.sha256(),
  };
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

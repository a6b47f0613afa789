/**
 * Makes the bytes of a blob, piece by piece: what is large need not be in memory whole. A piece may be overwritten when
 * the next is asked for. Called again where a store has to start over.
 */
export type Pieces = () => AsyncIterable<Uint8Array>;

/**
 * Where blobs live: a directory or an S3 bucket. Keys are `/`-separated names without a leading slash, of the
 * characters `A-Z a-z 0-9 . _ - =`; no key is a folder of another. A blob is written whole or not at all and never
 * changes while a reader reads it. Bytes may lie in shared memory; they must not change until the promise of a write
 * resolves. All errors are TandemErrors: NOT_FOUND for a key that is not there, STORE_FAILED for the rest, each naming
 * the URL.
 */
export interface Store {
  /** `file:/abs/dir` or `s3://bucket/prefix`, without credentials: what people see and what a task carries. */
  readonly url: string;
  /** Write or replace. `durable`: on disk when the promise resolves, also after a loss of power. */
  put(key: string, bytes: Uint8Array, options?: { readonly durable?: boolean }): Promise<void>;
  /**
   * `put` of a blob that is made as it is written. Not there, or as it was, if `pieces` throws, which goes to the
   * caller.
   */
  putPieces(key: string, pieces: Pieces): Promise<void>;
  /** Write only if the key is not there; false if it is. Of several racing writers exactly one gets true. */
  putIfAbsent(key: string, bytes: Uint8Array, options?: { readonly durable?: boolean }): Promise<boolean>;
  get(key: string): Promise<Uint8Array>;
  /** `get` piece by piece, of one version of the blob. A piece is overwritten when the next is asked for. */
  getPieces(key: string): AsyncIterable<Uint8Array>;
  /** Bytes [offset, offset + length) of the blob, fewer if it ends before. */
  getRange(key: string, offset: number, length: number): Promise<Uint8Array>;
  /** Size in bytes, or undefined where there is no such key. */
  size(key: string): Promise<number | undefined>;
  /** All keys that start with `prefix`, in ascending byte order. */
  list(prefix: string): AsyncIterable<string>;
  /** Remove; a key that is not there is no error. */
  remove(key: string): Promise<void>;
  /** Remove all keys that start with `prefix`, which must not be empty. */
  removeAll(prefix: string): Promise<void>;
  /**
   * Fails with STORE_FAILED, naming the cure, unless the store can be written, read and removed from now and lets one
   * writer win. Also clears away what writers that were killed half-way left behind.
   */
  probe(): Promise<void>;
  close(): Promise<void>;
}

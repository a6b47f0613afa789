/**
 * Produces the bytes of a blob piece by piece, so that a large blob need not be in memory at once. A piece may be
 * overwritten when the next is requested. A store that has to start over calls the function again.
 */
export type Pieces = () => AsyncIterable<Uint8Array>;

/**
 * Stores blobs in a directory or an S3 bucket. Keys are names separated by `/`, without a leading slash, of the
 * characters `A-Z a-z 0-9 . _ - =`; no key may be a folder of another. A blob is written completely or not at all, and
 * does not change while someone reads it. Bytes to be written may be in shared memory; they must not change until the
 * promise resolves. All errors are TandemErrors that name the URL: NOT_FOUND for a key that does not exist,
 * STORE_FAILED for anything else.
 */
export interface Store {
  /** `file:/abs/dir` or `s3://bucket/prefix`, without credentials. This is shown to people and sent in tasks. */
  readonly url: string;
  /** Writes or replaces a blob. If `durable`, it is on disk when the promise resolves and survives a power cut. */
  put(key: string, bytes: Uint8Array, options?: { readonly durable?: boolean }): Promise<void>;
  /**
   * Like `put`, for a blob that is produced while it is written. If `pieces` throws, the error goes to the caller and
   * the key is as it was before.
   */
  putPieces(key: string, pieces: Pieces): Promise<void>;
  /**
   * Writes the blob only if the key does not exist; resolves to false if it does. Of several concurrent writers exactly
   * one gets true.
   */
  putIfAbsent(key: string, bytes: Uint8Array, options?: { readonly durable?: boolean }): Promise<boolean>;
  get(key: string): Promise<Uint8Array>;
  /**
   * Like `get`, piece by piece, always of a single version of the blob. A piece may be overwritten when the next is
   * requested, and after the last.
   */
  getPieces(key: string): AsyncIterable<Uint8Array>;
  /** Bytes [offset, offset + length) of the blob, or fewer if it ends earlier. */
  getRange(key: string, offset: number, length: number): Promise<Uint8Array>;
  /** Size in bytes, or undefined if the key does not exist. */
  size(key: string): Promise<number | undefined>;
  /** All keys that start with `prefix`, in ascending byte order. */
  list(prefix: string): AsyncIterable<string>;
  /**
   * The names of the folders directly below `prefix`, which ends with a slash, in any order. What is in them is not
   * listed, so it costs the same however much that is.
   */
  folders(prefix: string): AsyncIterable<string>;
  /** Removes a blob; if there is none, does nothing. */
  remove(key: string): Promise<void>;
  /** Removes all keys that start with `prefix`, which must not be empty. */
  removeAll(prefix: string): Promise<void>;
  /**
   * Rejects with STORE_FAILED, saying what to do, unless the store can be written, read and removed from right now and
   * its conditional write works. Also cleans up the leftovers of writers that were killed.
   */
  probe(): Promise<void>;
  close(): Promise<void>;
}

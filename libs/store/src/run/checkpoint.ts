import { createHash } from 'node:crypto';
import { z } from 'zod';
import { checkpointManifestBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { problemText } from '#protocol/input/schema-problems.js';
import { shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '../content-hash.js';
import { getAtMost } from '../get-at-most.js';
import { stepName, stepOf } from './keys.js';
import type { Store } from '../store.js';
import { urlOf } from '../store-url.js';

const manifestName = 'manifest.json';

const blobSchema = z.strictObject({ bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) });
type BlobIdentity = z.infer<typeof blobSchema>;

const manifestSchema = z.strictObject({
  format: z.literal('tandem-checkpoint'),
  version: z.literal(1),
  /** Number of committed steps. */
  step: z.int().min(0),
  blobs: z.record(z.string(), blobSchema),
});
type Manifest = z.infer<typeof manifestSchema>;

export interface Checkpoint {
  readonly step: number;
  readonly blobs: Readonly<Record<string, Uint8Array>>;
}

/** Which checkpoint: the state after `step` committed steps, as the leader of an epoch writes it. */
export interface CheckpointName {
  readonly step: number;
  readonly epoch: number;
}

/**
 * Writes a checkpoint to a folder of its own, `prefix`/<step>.<epoch>, and returns the key of that folder. All writes
 * are durable. The blobs come first and the manifest with their sizes and sha256 last, so a folder without a manifest
 * is not a checkpoint (invariant C2). Writing the same state again changes nothing; a blob that differs is replaced.
 * Two leaders never write to one folder: a blob of the one does not come between those of the other.
 */
export async function writeCheckpoint(
  store: Store,
  prefix: string,
  { step, epoch }: CheckpointName,
  blobs: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  const folder = `${prefix}/${stepName(step)}.${stepName(epoch)}`;
  const names = Object.keys(blobs).sort();
  const manifest: Manifest = { format: 'tandem-checkpoint', version: 1, step, blobs: {} };
  for (const name of names) {
    const bytes = blobs[name]!;
    manifest.blobs[name] = { bytes: bytes.byteLength, sha256: await contentHash(bytes) };
  }
  const text = JSON.stringify(manifest, undefined, 2);
  const manifestKey = `${folder}/${manifestName}`;
  if ((await store.size(manifestKey)) !== undefined) {
    if (new TextDecoder().decode(await store.get(manifestKey)) === text) return folder;
    await store.remove(manifestKey);
  }
  for (const name of names) await store.put(`${folder}/${name}`, blobs[name]!, { durable: true });
  await store.put(manifestKey, new TextEncoder().encode(text), { durable: true });
  return folder;
}

/** Folder and step of the newest complete checkpoint below `prefix`, or undefined if there is none. */
export async function latestCheckpoint(
  store: Store,
  prefix: string,
): Promise<{ folder: string; step: number } | undefined> {
  return (await completeCheckpoints(store, prefix)).at(-1);
}

/** Folders and steps of the complete checkpoints below `prefix`, the newest last; of one step, the latest leader's. */
export async function completeCheckpoints(store: Store, prefix: string): Promise<{ folder: string; step: number }[]> {
  const found: { folder: string; step: number }[] = [];
  for await (const key of store.list(`${prefix}/`)) {
    const step = stepOf(key.slice(prefix.length));
    if (step === undefined) continue;
    const folder = folderOf(key, prefix);
    if (key === `${folder}/${manifestName}`) found.push({ folder, step });
  }
  return found.sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** The step of a checkpoint and the bytes of each blob. Throws NOT_FOUND if the folder has no manifest. */
export async function checkpointSizes(
  store: Store,
  folder: string,
): Promise<{ readonly step: number; readonly bytes: Readonly<Record<string, number>> }> {
  const { step, blobs } = await readManifest(store, folder);
  return { step, bytes: Object.fromEntries(Object.entries(blobs).map(([name, { bytes }]) => [name, bytes])) };
}

/** Why a checkpoint cannot be used, if this is the error of one that is damaged and not of a store that failed. */
export function damageOf(error: unknown): string | undefined {
  return error instanceof TandemError && 'damage' in error.context ? String(error.context['damage']) : undefined;
}

/** Makes a checkpoint count no more, by removing its manifest. Its blobs stay until it is written again or pruned. */
export async function discardCheckpoint(store: Store, folder: string): Promise<void> {
  await store.remove(`${folder}/${manifestName}`);
}

/**
 * Reads a checkpoint, or only the blobs given by `names`. Throws NOT_FOUND if the folder has no manifest, and
 * STORE_FAILED naming the blob if one is missing or does not match its size or sha256 in the manifest.
 */
export async function readCheckpoint(store: Store, folder: string, names?: readonly string[]): Promise<Checkpoint> {
  const manifest = await readManifest(store, folder);
  const blobs: Record<string, Uint8Array> = {};
  for (const name of names ?? Object.keys(manifest.blobs)) blobs[name] = await readBlob(store, folder, manifest, name);
  return { step: manifest.step, blobs };
}

/**
 * Checks one blob of a checkpoint against the manifest, streaming it rather than loading it into memory. Throws what
 * readCheckpoint throws.
 */
export async function checkBlob(store: Store, folder: string, name: string): Promise<void> {
  const key = `${folder}/${name}`;
  const expected = expectedBlob(store, folder, await readManifest(store, folder), name);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of store.getPieces(key)) {
      hash.update(piece);
      bytes += piece.byteLength;
    }
  } catch (error) {
    throw isNotFound(error) ? corrupted(store, key, 'the blob is missing', error) : error;
  }
  requireSameBlob(store, key, expected, { bytes, sha256: hash.digest('hex') });
}

/**
 * Removes all but the newest `keep` complete checkpoints and the one in the folder `also`, and incomplete ones older
 * than the newest complete one. Of one step, those of earlier leaders are the older ones.
 */
export async function pruneCheckpoints(store: Store, prefix: string, keep: number, also?: string): Promise<void> {
  const complete = await completeCheckpoints(store, prefix);
  const kept = new Set(complete.slice(-Math.max(1, keep)).map(({ folder }) => folder));
  const newest = complete.at(-1)?.folder ?? '';
  const folders = new Set<string>();
  for await (const key of store.list(`${prefix}/`)) {
    const folder = folderOf(key, prefix);
    if (stepOf(key.slice(prefix.length)) !== undefined && folder < newest) folders.add(folder);
  }
  for (const folder of folders) {
    if (kept.has(folder) || folder === also) continue;
    await store.remove(`${folder}/${manifestName}`);
    await store.removeAll(`${folder}/`);
  }
}

/** The folder of a checkpoint, from the key of one of its blobs. */
function folderOf(key: string, prefix: string): string {
  const [name] = key.slice(prefix.length + 1).split('/');
  return `${prefix}/${name}`;
}

async function readManifest(store: Store, folder: string): Promise<Manifest> {
  const key = `${folder}/${manifestName}`;
  try {
    return manifestSchema.parse(parseJson(await getAtMost(store, key, checkpointManifestBytesMax)));
  } catch (error) {
    if (error instanceof TandemError) throw error;
    throw corrupted(store, key, `its manifest is not valid for this version of Tandem (${problemText(error)})`, error);
  }
}

async function readBlob(store: Store, folder: string, manifest: Manifest, name: string): Promise<Uint8Array> {
  const key = `${folder}/${name}`;
  const expected = expectedBlob(store, folder, manifest, name);
  const bytes = await store.get(key).catch((error: unknown) => {
    throw isNotFound(error) ? corrupted(store, key, 'the blob is missing', error) : error;
  });
  requireSameBlob(store, key, expected, { bytes: bytes.byteLength, sha256: await contentHash(bytes) });
  return bytes;
}

function expectedBlob(store: Store, folder: string, manifest: Manifest, name: string): BlobIdentity {
  const expected = manifest.blobs[name];
  if (expected) return expected;
  const message =
    `The checkpoint ${urlOf(store, folder)} has no blob ${name}; it has ` +
    `${shownNames(Object.keys(manifest.blobs))}.`;
  throw new TandemError({ code: ErrorCode.NotFound, message, context: { key: `${folder}/${name}` } });
}

function requireSameBlob(store: Store, key: string, expected: BlobIdentity, got: BlobIdentity): void {
  if (got.bytes !== expected.bytes) throw corrupted(store, key, `expected ${expected.bytes} bytes, got ${got.bytes}`);
  if (got.sha256 !== expected.sha256)
    throw corrupted(store, key, `expected sha256 ${expected.sha256}, got ${got.sha256}`);
}

function isNotFound(error: unknown): boolean {
  return error instanceof TandemError && error.code === ErrorCode.NotFound;
}

function corrupted(store: Store, key: string, what: string, cause?: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message: `The checkpoint is damaged at ${urlOf(store, key)}: ${what}.`,
    help: "Put the blob back from a copy, or remove the checkpoint's folder to go back to the one before.",
    context: { key, damage: what },
    cause,
  });
}

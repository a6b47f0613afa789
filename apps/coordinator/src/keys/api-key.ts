import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secretBytesMax } from '#protocol/input/input-limits.js';
import { makeFolders } from '#protocol/make-folders.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { readRegularFile } from '#store/file/regular-file.js';

/**
 * The key that callers must give. Only its sha256 is kept. A key made here has 256 random bits, so a fast hash is safe.
 */
export interface ApiKey {
  accepts(candidate: string): boolean;
  /** The setting or the file that it comes from. */
  readonly name: 'TANDEM_API_KEY' | typeof fileName;
  /** The key itself, if it was made at this start. It cannot be read again later. */
  readonly made: string | undefined;
}

const fileName = 'api-key.json';

/**
 * The given key or, without one, the key of `dataDir`, which is made at the first start. Throws CONFIG_INVALID if its
 * file is damaged or cannot be read or written.
 */
export async function openApiKey(dataDir: string, given?: string): Promise<ApiKey> {
  if (given !== undefined) return apiKey(hashOf(given), 'TANDEM_API_KEY');
  const path = join(dataDir, fileName);
  const kept = await readKept(path);
  if (kept) return apiKey(kept, fileName);
  const made = `tandem_${randomBytes(32).toString('base64url')}`;
  const hash = hashOf(made);
  await keep(path, dataDir, hash);
  return apiKey(hash, fileName, made);
}

function apiKey(hash: Buffer, name: ApiKey['name'], made?: string): ApiKey {
  return { name, made, accepts: (candidate) => timingSafeEqual(hashOf(candidate), hash) };
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

async function readKept(path: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = Buffer.from(await readRegularFile(path, secretBytesMax)).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refusal(`API key: expected to read ${path}, got ${(error as Error).message}`, error);
  }
  const hash = /^\{"sha256":"([0-9a-f]{64})"\}\s*$/.exec(text)?.[1];
  if (!hash)
    throw refusal(
      `API key: expected {"sha256":"64 hex digits"} in ${path}, got ${text.length} characters of something else`,
    );
  return Buffer.from(hash, 'hex');
}

async function keep(path: string, dataDir: string, hash: Buffer): Promise<void> {
  try {
    await makeFolders(dataDir);
    await writeFile(path, `${JSON.stringify({ sha256: hash.toString('hex') })}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw refusal(`API key: expected to write ${path}, got ${(error as Error).message}`, error);
  }
}

function refusal(message: string, cause?: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message,
    help: 'Remove the file to have a new key made, choose another TANDEM_DATA_DIR, or set TANDEM_API_KEY.',
    cause,
  });
}

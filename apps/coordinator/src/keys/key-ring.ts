import { createHash, randomBytes } from 'node:crypto';
import type { KeyStatus, MadeKey, NewKey } from '#protocol/access/api-key.js';
import type { Scope } from '#protocol/access/scope.js';
import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import type { ApiKey } from './api-key.js';
import type { KeyRecord, KeyRecords } from './key-records.js';

/** A key of the API, as far as others need to know it. */
export interface KnownKey {
  readonly id: string;
  readonly name: string;
  readonly scope: Scope;
}

/** The keys that callers may give. */
export interface KeyRing {
  /** The key that this is, if it is one, and notes its use. */
  find(candidate: string): KnownKey | undefined;
  /** Is this still a key that callers may give? */
  has(id: string): boolean;
  list(): KeyStatus[];
  /** Makes a key. Throws CONFLICT if there are too many, and STORE_FAILED, without a key, if it is not written. */
  create(wanted: NewKey): Promise<MadeKey>;
  /**
   * Ends a key. This coordinator accepts it no more, whatever the store does. Throws NOT_FOUND, CONFLICT for the first
   * key, and STORE_FAILED if its record is still there; that is tried again until it works.
   */
  revoke(id: string): Promise<KnownKey>;
  /** Reads the store again: keys that are new there are known, those that are gone end. If it fails, all stays. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export interface KeyRingOptions {
  /** The key of TANDEM_API_KEY, or the one that was made at the first start. */
  readonly first: ApiKey;
  readonly records: KeyRecords;
  /** Throws CONFLICT if another coordinator leads the store. */
  checkOwner(): Promise<void>;
  now(): Date;
  /** Hears of records that cannot be read, and of a store that fails. */
  onError(error: TandemError): void;
}

const firstId = 'first';
const keysMax = 1000;
const dayMs = 86_400_000;
/** How often the store is read again. A record that was removed there by hand ends its key within this time. */
const refreshMs = 5000;
/** How often the times of last use are written. */
const usesMs = 60_000;

/** Reads the keys of the store. Throws STORE_FAILED. */
export async function openKeyRing(options: KeyRingOptions): Promise<KeyRing> {
  const { first, records, checkOwner, now, onError } = options;
  const firstKey: KnownKey = { id: firstId, name: first.name, scope: 'admin' };
  /** By the hash of the key. */
  const known = new Map<string, KeyRecord>();
  const byId = (id: string): KeyRecord | undefined => [...known.values()].find((record) => record.id === id);
  /** Keys that were revoked here and whose records are still in the store. */
  const ended = new Set<string>();
  const unreadable = new Set<string>();
  const uses = new Map(Object.entries(await records.readUses()));
  let usesWritten = true;
  let writtenAtMs = now().getTime();
  let isFailing = false;

  const isExpired = ({ expiresAt }: KeyRecord): boolean =>
    expiresAt !== null && now().getTime() >= Date.parse(expiresAt);
  const use = (key: KnownKey): KnownKey => {
    uses.set(key.id, now().toISOString());
    usesWritten = false;
    return key;
  };
  const learn = async (id: string): Promise<void> => {
    try {
      const record = await records.read(id);
      if (!ended.has(id)) known.set(record.sha256, record);
    } catch (error) {
      const { code } = toWireError(error, ErrorCode.Internal);
      if (code === ErrorCode.NotFound) return;
      if (code === ErrorCode.StoreFailed) throw error;
      unreadable.add(id); // Told of once.
      onError(error as TandemError);
    }
  };
  const read = async (): Promise<void> => {
    const before = new Set([...known.values()].map(({ id }) => id));
    const there = new Set(await records.ids());
    // A key that was made during the listing may be missing in it.
    for (const { id, sha256 } of known.values()) if (before.has(id) && !there.has(id)) known.delete(sha256);
    for (const id of there) if (!before.has(id) && !ended.has(id) && !unreadable.has(id)) await learn(id);
    for (const id of ended) if (!there.has(id)) ended.delete(id);
    for (const id of ended) {
      await checkOwner();
      await records.remove(id);
    }
  };
  const writeUses = async (): Promise<void> => {
    if (usesWritten) return;
    usesWritten = true;
    writtenAtMs = now().getTime();
    for (const id of uses.keys()) if (id !== firstId && !byId(id)) uses.delete(id);
    await checkOwner();
    await records.writeUses(Object.fromEntries(uses));
  };
  const refresh = async (): Promise<void> => {
    try {
      await read();
      if (now().getTime() - writtenAtMs >= usesMs) await writeUses();
      isFailing = false;
    } catch (error) {
      if (!isFailing) onError(staleKeys(error));
      isFailing = true;
    }
  };
  await read();
  let refreshing: Promise<void> = Promise.resolve();
  const timer = setInterval(() => void (refreshing = refreshing.then(refresh)), refreshMs).unref();

  return {
    find(candidate) {
      if (first.accepts(candidate)) return use(firstKey);
      const record = known.get(hashOf(candidate));
      return record && !isExpired(record) ? use(identityOf(record)) : undefined;
    },
    has(id) {
      const record = byId(id);
      return id === firstId || (record !== undefined && !isExpired(record));
    },
    list() {
      const made = [...known.values()].toSorted((left, right) => (left.createdAt < right.createdAt ? -1 : 1));
      const firstStatus = { ...firstKey, createdAt: null, expiresAt: null, expired: false };
      return [
        firstStatus,
        ...made.map(({ sha256: _, ...record }) => ({ ...record, expired: isExpired(byId(record.id)!) })),
      ].map((status) => ({ ...status, lastUsedAt: uses.get(status.id) ?? null }));
    },
    async create({ name, scope, days }) {
      if (known.size >= keysMax) throw tooMany();
      const key = `tandem_${randomBytes(32).toString('base64url')}`;
      const at = now().getTime();
      const record: KeyRecord = {
        id: `key-${randomBytes(6).toString('hex')}`,
        ...{ name, scope },
        sha256: hashOf(key),
        createdAt: new Date(at).toISOString(),
        expiresAt: days === undefined ? null : new Date(at + days * dayMs).toISOString(),
      };
      await checkOwner();
      await records.write(record);
      known.set(record.sha256, record);
      const { sha256: _, ...shown } = record;
      return { ...shown, key };
    },
    async revoke(id) {
      if (id === firstId) throw firstStays();
      const record = byId(id);
      if (!record) throw noKey(id);
      known.delete(record.sha256);
      ended.add(id);
      try {
        await checkOwner();
        await records.remove(id);
      } catch (error) {
        throw stillThere(record, error);
      }
      return identityOf(record);
    },
    refresh,
    async close() {
      clearInterval(timer);
      await refreshing;
      await writeUses().catch(() => undefined); // Only times of last use are lost.
    },
  };
}

function identityOf({ id, name, scope }: KeyRecord): KnownKey {
  return { id, name, scope };
}

/** A key has 256 random bits, so a fast hash is safe. */
function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

function tooMany(): TandemError {
  return new TandemError({
    code: ErrorCode.Conflict,
    message: `API keys: expected fewer than ${keysMax} of them, got one more`,
    help: 'Revoke those that nobody uses: tandem keys list shows when each was last used.',
  });
}

function firstStays(): TandemError {
  return new TandemError({
    code: ErrorCode.Conflict,
    message: `API keys: expected the id of a key that was made with tandem keys create, got "${firstId}"`,
    help:
      "It is the coordinator's own. Set another TANDEM_API_KEY and start the coordinator again; without one, remove " +
      'api-key.json from TANDEM_DATA_DIR first.',
  });
}

function noKey(id: string): TandemError {
  return new TandemError({
    code: ErrorCode.NotFound,
    message: `API keys: expected the id of a key, got ${JSON.stringify(id.slice(0, 100))}`,
    help: 'tandem keys list shows them.',
  });
}

function stillThere({ id }: KeyRecord, cause: unknown): TandemError {
  const { code, message, retryable } = toWireError(cause, ErrorCode.StoreFailed);
  return new TandemError({
    code,
    message: `API keys: ${id} opens nothing here any more, but its record could not be removed: ${message}`,
    help: 'That is tried again every 5 seconds. If the coordinator ends before it works, revoke the key again.',
    retryable,
    cause,
  });
}

function staleKeys(cause: unknown): TandemError {
  const { code, message, help } = toWireError(cause, ErrorCode.StoreFailed);
  return new TandemError({
    code,
    message: `API keys: expected to read them from the store again, got: ${message} Those known so far go on.`,
    help,
    cause,
  });
}

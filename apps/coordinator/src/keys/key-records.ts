import { z } from 'zod';
import { scopes } from '#protocol/access/scope.js';
import { parseJson } from '#protocol/input/json-text.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { getAtMost } from '#store/get-at-most.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';

/** A key of the API as the store holds it, without the key itself. It never changes. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly scope: (typeof scopes)[number];
  /** sha256 of the key in hex. */
  readonly sha256: string;
  readonly createdAt: string;
  readonly expiresAt: string | null;
}

/** The records of keys in the coordinator's store, `keys/<id>.json`, so that whoever leads next knows them too. */
export interface KeyRecords {
  ids(): Promise<string[]>;
  /** Throws STORE_FAILED, and DATA_INVALID if the record is damaged. NOT_FOUND if it is gone. */
  read(id: string): Promise<KeyRecord>;
  write(record: KeyRecord): Promise<void>;
  remove(id: string): Promise<void>;
  /** When each key was last used, by its id. */
  readUses(): Promise<Readonly<Record<string, string>>>;
  writeUses(uses: Readonly<Record<string, string>>): Promise<void>;
}

const prefix = 'keys/';
const usesKey = 'key-uses.json';
const recordBytesMax = 4096;
const usesBytesMax = 2 ** 20;

const recordSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]{1,40}$/),
  name: z.string().max(100),
  scope: z.enum(scopes),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.string(),
  expiresAt: z.string().nullable(),
});

export function openKeyRecords(store: Store): KeyRecords {
  const keyOf = (id: string): string => `${prefix}${id}.json`;
  const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
  return {
    async ids() {
      const ids: string[] = [];
      for await (const key of store.list(prefix)) if (key.endsWith('.json')) ids.push(key.slice(prefix.length, -5));
      return ids;
    },
    async read(id) {
      const bytes = await getAtMost(store, keyOf(id), recordBytesMax);
      const { data } = recordSchema.safeParse(jsonIn(bytes));
      if (data?.id === id) return data;
      throw new TandemError({
        code: ErrorCode.DataInvalid,
        message: `API keys: expected the record of a key in ${urlOf(store, keyOf(id))}, got something else`,
        help: 'That key opens nothing. Remove the file, and make another key: tandem keys create.',
      });
    },
    write: (record) => store.put(keyOf(record.id), bytesOf(record), { durable: true }),
    remove: (id) => store.remove(keyOf(id)),
    async readUses() {
      const bytes = await getAtMost(store, usesKey, usesBytesMax).catch((error: unknown) => {
        if (error instanceof TandemError && error.code !== ErrorCode.StoreFailed) return undefined;
        throw error;
      });
      return z.record(z.string(), z.string()).safeParse(bytes && jsonIn(bytes)).data ?? {};
    },
    writeUses: (uses) => store.put(usesKey, bytesOf(uses)),
  };
}

function jsonIn(bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch {
    return undefined;
  }
}
